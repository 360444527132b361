import { duel, speedOf } from './support/duel.js';
import { atLeast, type Finding } from './support/finding.js';

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
    { ...speedOf('get, hit', getHit), goal: atLeast(getHit.speed, 1.8) },
    { ...speedOf('set a row: ours copies, freezes, counts', set), goal: atLeast(set.speed, 1) },
    speedOf('get, miss', results.getMiss),
    speedOf('wrap, hit', results.wrapHit),
    { ...speedOf('LoadingCache hit vs wrap hit', loadingHit), goal: atLeast(loadingHit.speed, 5) },
    speedOf('set a nested row: stock keeps a reference', results.setNested),
    speedOf('set 100 rows: stock keeps a reference', results.setList),
  ];
}
