import type { Kept } from './cache-bound.process.js';
import { count, mebibytes, type Finding } from './support/finding.js';
import { readProgram } from './support/measured-process.js';

const MAX_ENTRIES = 4096;
/** The heap also contains compiled code and the free parts of V8's pages. */
const NOISE_BYTES = 4 * 2 ** 20;

interface Load {
  readonly keys: number;
  /** In each value. */
  readonly rows: number;
}

/** How much does the cache store if every request brings a new key? */
export async function cacheBound(): Promise<Finding[]> {
  return [
    // Small values reach the bound on entries, large ones the bound on bytes.
    ...(await compare({ keys: 1_000_000, rows: 1 })),
    ...(await compare({ keys: 10_000, rows: 100 })),
  ];
}

async function compare({ keys, rows }: Load): Promise<Finding[]> {
  const fill = (side: string) =>
    readProgram<Kept>('cache-bound.process', [side, String(keys), String(rows)], ['--expose-gc']);
  const ours = await fill('ours');
  const stock = await fill('stock');
  const { maxBytes = 0 } = ours;
  const set = `${count(keys)} keys set, ${rows === 1 ? 'a row' : `${rows} rows`} each`;
  return [
    {
      measured: `${set}: entries kept`,
      result: count(ours.entries),
      goal: { text: `at most ${count(MAX_ENTRIES)}`, held: ours.entries <= MAX_ENTRIES },
      figures: `stock ${count(stock.entries)}`,
    },
    {
      measured: `${set}: heap growth after gc`,
      result: mebibytes(ours.heapGrowth),
      goal: {
        text: `at most maxBytes + ${mebibytes(NOISE_BYTES)}`,
        held: ours.heapGrowth <= maxBytes + NOISE_BYTES,
      },
      figures: `maxBytes ${mebibytes(maxBytes)}, stock ${mebibytes(stock.heapGrowth)}`,
    },
  ];
}
