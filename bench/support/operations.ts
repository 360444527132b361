import { cpuTime } from './cpu-time.js';

/** Runs an operation a number of times and returns the milliseconds that took. */
export type Operation = (repeat: number) => number | Promise<number>;

/** A request to a measured process: the name of an operation, and how often to run it. */
export interface Request {
  readonly operation: string;
  readonly repeat: number;
}

/** Runs operations on request of the parent process, and ends when the parent disconnects. */
export function serveOperations(operations: Readonly<Record<string, Operation>>): void {
  process.on('message', (request: Request) => void answer(operations, request));
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

async function answer(
  operations: Readonly<Record<string, Operation>>,
  { operation, repeat }: Request,
): Promise<void> {
  const found = operations[operation];
  if (found === undefined) throw new Error(`no operation is named '${operation}'`);
  process.send?.(await found(repeat));
}

/** The results of all operations, added up, so that the optimiser may drop none of them. */
let sink = 0;

/** Milliseconds of CPU time. */
export function timed(work: () => number | Promise<number>): Promise<number> {
  return measured(cpuTime, work);
}

/** Milliseconds of wall-clock time: for work that involves another process, such as a database. */
export function clocked(work: () => number | Promise<number>): Promise<number> {
  return measured(() => performance.now(), work);
}

async function measured(now: () => number, work: () => number | Promise<number>): Promise<number> {
  const start = now();
  const result = await work();
  const elapsed = now() - start;
  sink += result;
  if (Number.isNaN(sink)) throw new Error('an operation gave no number');
  return elapsed;
}
