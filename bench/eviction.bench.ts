import { MAX_MISS_RATIO, SEEDS, STREAM_LENGTH } from '../test/support/eviction-goals.js';
import { keysOf, type KeyStreamName } from '../test/support/key-streams.js';
import { missesOf } from '../test/support/miss-ratio.js';
import { duel, type Duel } from './support/duel.js';
import { atMost, count, times, type Finding } from './support/finding.js';
import { spreadOf } from './support/statistics.js';
import { readTraces, type Trace } from './support/traces.js';

const CAPACITIES = [256, 4096];
const TRACE_CAPACITY = 4096;
const STREAM_SEED = 12_345;

/** Goals for public traces of cache2k (headissue GmbH, Jens Wilke; CC BY 4.0), as the simulator of Caffeine has them. */
const MAX_TRACE_RATIO: Readonly<Record<string, number>> = {
  web07: 0.97,
  web12: 0.94,
  'orm-busy': 0.92,
  'orm-night': 0.68,
};
const MAX_MEAN_RATIO = 0.88;

/** Does the near cache have fewer misses than lru-cache of the same capacity, and how long do its operations take? */
export async function eviction(): Promise<Finding[]> {
  return [...streams(), ...traces(process.env['EVICTION_TRACES']), ...(await speed())];
}

function streams(): Finding[] {
  const names = Object.keys(MAX_MISS_RATIO) as KeyStreamName[];
  return CAPACITIES.flatMap((capacity) =>
    names.map((name) => {
      const keys = keysOf(name, capacity, STREAM_LENGTH * capacity, STREAM_SEED);
      return missesIn({ name, keys }, capacity, MAX_MISS_RATIO[name]).finding;
    }),
  );
}

/** @param folder see `readTraces` for the format of its files */
function traces(folder: string | undefined): Finding[] {
  if (folder === undefined) {
    const figures = 'EVICTION_TRACES names no folder of traces';
    return [{ measured: 'NOT MEASURED: misses on recorded requests', result: '', figures }];
  }
  const all = readTraces(folder).map((trace) => missesIn(trace, TRACE_CAPACITY, MAX_TRACE_RATIO[trace.name]));
  const known = all.filter(({ name }) => Object.hasOwn(MAX_TRACE_RATIO, name));
  if (known.length < Object.keys(MAX_TRACE_RATIO).length) return all.map(({ finding }) => finding);
  const means = SEEDS.map(
    (_, seed) => known.reduce((sum, { ratios }) => sum + ratios[seed]!, 0) / known.length,
  );
  return [
    ...all.map(({ finding }) => finding),
    ratioFinding('mean of these traces', means, MAX_MEAN_RATIO, ''),
  ];
}

interface MissRatios {
  readonly name: string;
  /** One for each seed. */
  readonly ratios: readonly number[];
  readonly finding: Finding;
}

function missesIn({ name, keys }: Trace, capacity: number, most: number | undefined): MissRatios {
  const misses = missesOf(keys, { maxEntries: capacity }, SEEDS);
  const ratios = misses.map(({ ours, lru }) => ours / lru);
  const percent = (part: number) => `${((100 * part) / keys.length).toFixed(1)} %`;
  const figures = `${percent(misses[0]!.ours)} of ${count(keys.length)} requests, lru-cache ${percent(misses[0]!.lru)}`;
  return {
    name,
    ratios,
    finding: ratioFinding(`${name}, ${count(capacity)} entries`, ratios, most, figures),
  };
}

/** The goal holds for every seed, not for the median. */
function ratioFinding(
  name: string,
  ratios: readonly number[],
  most: number | undefined,
  figures: string,
): Finding {
  const spread = spreadOf(ratios);
  const finding = { measured: `${name}: misses`, result: times(spread), figures };
  if (most === undefined) return finding;
  return { ...finding, goal: { text: `at most ${most}x for each seed`, held: spread.max <= most } };
}

async function speed(): Promise<Finding[]> {
  const { hit, getOrSet, setNew, setAgain } = await duel('eviction.process', {
    operations: ['hit', 'getOrSet', 'setNew', 'setAgain'],
    warmUpRounds: 3,
    rounds: 12,
    pairs: 3,
  });
  return [
    { ...timeOf('hit', hit), goal: atMost(hit.time, 1.05) },
    { ...timeOf('get, and set after a miss', getOrSet), goal: atMost(getOrSet.time, 1.2) },
    { ...timeOf('set a new key, which evicts', setNew), goal: atMost(setNew.time, 2.2) },
    timeOf('set a key that is held', setAgain),
  ];
}

function timeOf(measured: string, { time, ours, stock }: Duel): Finding {
  const nanoseconds = (milliseconds: number) => `${(milliseconds * 1e6).toFixed(0)} ns`;
  return {
    measured: `${measured}: time`,
    result: times(time),
    figures: `${nanoseconds(ours)}, lru-cache ${nanoseconds(stock)}`,
  };
}
