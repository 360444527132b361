import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BriefMap } from '../src/common/brief-map.js';
import { runs } from './support/runs.js';

it('a BriefMap has the same entries in the same order as a Map after any operations', () => {
  const change = fc.record({
    // Mostly additions and removals: the map is replaced after a number of additions.
    do: fc.constantFrom('set', 'set', 'set', 'delete', 'delete', 'clear'),
    key: fc.nat(40),
    times: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400, size: 'max' }), (changes) => {
      const [map, model] = [new BriefMap<number, number>(), new Map<number, number>()];
      for (const { do: what, key, times } of changes) {
        if (what === 'clear') {
          if (times > 0) continue;
          map.clear();
          model.clear();
        } else if (what === 'delete') expect(map.delete(key)).toBe(model.delete(key));
        else
          for (let index = 0; index <= times; index++) {
            map.set(key + index, times);
            model.set(key + index, times);
          }
        expect([map.size, map.has(key), map.get(key)]).toEqual([model.size, model.has(key), model.get(key)]);
      }
      expect([...map]).toEqual([...model]);
      expect([...map.keys()]).toEqual([...model.keys()]);
      expect([...map.values()]).toEqual([...model.values()]);
    }),
    { numRuns: runs(1000) },
  );
});
