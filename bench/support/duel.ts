import { times, type Finding } from './finding.js';
import { MeasuredProcess } from './measured-process.js';
import type { Request } from './operations.js';
import { interleave, type Measure } from './rounds.js';
import { medianOf, ratioOf, type Spread } from './statistics.js';

/** Which operations are compared, and how often. */
export interface Plan<Operation extends string> {
  readonly operations: readonly Operation[];
  /** The arguments of the program, after its side. */
  readonly arguments?: readonly string[];
  /** What is compared with stock. Default: ours */
  readonly side?: string;
  /** Rounds of each pair of processes: those that are not counted, and those that are. */
  readonly warmUpRounds: number;
  readonly rounds: number;
  /** New processes each time: the same code may be compiled better or worse in the next one. */
  readonly pairs: number;
}

/** The CPU times of one operation on both sides. */
export interface Duel {
  /** Time of ours / stock: below 1 is faster. */
  readonly time: Spread;
  /** How many times as fast as stock: above 1 is faster. */
  readonly speed: Spread;
  /** Milliseconds for one operation. */
  readonly ours: number;
  readonly stock: number;
}

// Long enough to include the garbage collections that an operation causes.
const ROUND_MS = 30;

/** Runs the same operations alternately on ours and stock, each in its own process. */
export async function duel<Operation extends string>(
  program: string,
  { operations, arguments: told = [], side = 'ours', warmUpRounds, rounds, pairs }: Plan<Operation>,
): Promise<Record<Operation, Duel>> {
  const ours: Record<string, number[]> = {};
  const stock: Record<string, number[]> = {};
  for (let pair = 0; pair < pairs; pair++) {
    const [oursProcess] = await MeasuredProcess.start(program, side, ...told);
    const [stockProcess] = await MeasuredProcess.start(program, 'stock', ...told);
    for (const operation of operations) {
      const sides = {
        ours: await calibrate(oursProcess, operation),
        stock: await calibrate(stockProcess, operation),
      };
      await interleave(warmUpRounds, sides);
      const taken = await interleave(rounds, sides);
      (ours[operation] ??= []).push(...taken.ours);
      (stock[operation] ??= []).push(...taken.stock);
    }
    await oursProcess.stop();
    await stockProcess.stop();
  }
  const results = operations.map((name) => [name, resultOf(ours[name]!, stock[name]!)] as const);
  return Object.fromEntries(results) as Record<Operation, Duel>;
}

/** A row of the table for an operation that takes microseconds. */
export function speedOf(measured: string, { speed, ours, stock }: Duel): Finding {
  const microseconds = (milliseconds: number) => `${(milliseconds * 1000).toFixed(2)} us`;
  return {
    measured: `${measured}: speed`,
    result: times(speed),
    figures: `${microseconds(ours)}, stock ${microseconds(stock)}`,
  };
}

/** Finds how often an operation fits into a round, which also warms it up. A round returns the time of one. */
export async function calibrate(side: MeasuredProcess, operation: string): Promise<Measure> {
  const run = async (repeat: number) => (await side.ask({ operation, repeat } satisfies Request)) as number;
  let repeat = 1;
  let elapsed = await run(repeat);
  while (elapsed < ROUND_MS) elapsed = await run((repeat *= 2));
  return async () => (await run(repeat)) / repeat;
}

function resultOf(ours: readonly number[], stock: readonly number[]): Duel {
  return {
    time: ratioOf(ours, stock),
    speed: ratioOf(stock, ours),
    ours: medianOf(ours),
    stock: medianOf(stock),
  };
}
