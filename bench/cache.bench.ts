import { duel, type Duel } from './support/duel.js';
import { atLeast, times, type Finding } from './support/finding.js';

/** Is the bounded cache as fast as the stock one, behind the same CACHE_MANAGER? */
export async function cache(): Promise<Finding[]> {
  const results = await duel('cache.process', {
    operations: ['getHit', 'getMiss', 'wrapHit', 'loadingHit', 'set', 'setNested', 'setList'],
    warmUpRounds: 3,
    rounds: 12,
    pairs: 3,
  });
  const { getHit, set, loadingHit } = results;
  return [
    { ...describe('get, hit', getHit), goal: atLeast(getHit.speed, 1.8) },
    { ...describe('set a row: ours copies, freezes, counts', set), goal: atLeast(set.speed, 1) },
    describe('get, miss', results.getMiss),
    describe('wrap, hit', results.wrapHit),
    { ...describe('LoadingCache, hit, to wrap', loadingHit), goal: atLeast(loadingHit.speed, 5) },
    describe('set a nested row: stock keeps a reference', results.setNested),
    describe('set 100 rows: stock keeps a reference', results.setList),
  ];
}

function describe(measured: string, { speed, ours, stock }: Duel): Finding {
  const microseconds = (milliseconds: number) => `${(milliseconds * 1000).toFixed(2)} us`;
  return {
    measured: `${measured}: speed`,
    result: times(speed),
    beside: `${microseconds(ours)}, stock ${microseconds(stock)}`,
  };
}
