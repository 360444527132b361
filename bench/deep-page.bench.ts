import { startPostgres } from '../test/support/postgres.js';
import { calibrate } from './support/duel.js';
import { atMost, count, times, type Finding } from './support/finding.js';
import { MeasuredProcess } from './support/measured-process.js';
import { seedOrders } from './support/orders.js';
import { interleave, type Measure } from './support/rounds.js';
import { medianOf, ratioOf } from './support/statistics.js';

const PAGE_ROWS = 100;
const DEEP_PAGE = 10_000;
// One page more than is read, so that the deep page has a next page like the first.
const ROWS = (DEEP_PAGE + 1) * PAGE_ROWS;
const PROCESSES = 3;

const OPERATIONS = [
  'firstByCursor',
  'deepByCursor',
  'firstByOffset',
  'deepByOffset',
  'pageByCursor',
  'pageByOffset',
] as const;
type Operation = (typeof OPERATIONS)[number];

/** Do deep pages cost more than the first, and what does a cursor itself cost? */
export async function deepPage(): Promise<Finding[]> {
  const server = await startPostgres();
  if (server === undefined) {
    const figures = 'no PostgreSQL on this machine, and no DATABASE_URL';
    return [{ measured: 'NOT MEASURED: there is no PostgreSQL', result: '', figures }];
  }
  try {
    await seedOrders(server.url, ROWS);
    return findingsOf(await measure(server.url));
  } finally {
    await server.stop();
  }
}

/** Without HTTP, whose cost would hide the difference. */
async function measure(url: string): Promise<Record<Operation, number[]>> {
  const offset = String((DEEP_PAGE - 1) * PAGE_ROWS);
  const all = Object.fromEntries(OPERATIONS.map((operation) => [operation, [] as number[]]));
  for (let started = 0; started < PROCESSES; started++) {
    const [process] = await MeasuredProcess.start('deep-page.process', url, offset);
    const sides = {} as Record<Operation, Measure>;
    for (const operation of OPERATIONS) sides[operation] = await calibrate(process, operation);
    await interleave(3, sides);
    const taken = await interleave(20, sides);
    for (const operation of OPERATIONS) all[operation]!.push(...taken[operation]);
    await process.stop();
  }
  return all as Record<Operation, number[]>;
}

function findingsOf(taken: Record<Operation, number[]>): Finding[] {
  const describe = (measured: string, operation: Operation, base: Operation): Finding => ({
    measured,
    result: times(ratioOf(taken[operation], taken[base])),
    figures: `${figure(medianOf(taken[operation]))} vs ${figure(medianOf(taken[base]))}`,
  });
  const deep = `page ${count(DEEP_PAGE)}`;
  return [
    {
      ...describe(`by cursor, ${deep} vs page 1: wall-clock time`, 'deepByCursor', 'firstByCursor'),
      goal: atMost(ratioOf(taken.deepByCursor, taken.firstByCursor), 1.5),
    },
    describe(`by OFFSET, ${deep} vs page 1: wall-clock time`, 'deepByOffset', 'firstByOffset'),
    describe(`${deep}, OFFSET vs cursor: wall-clock time`, 'deepByOffset', 'deepByCursor'),
    describe('resolvePage and Page.of, cursor vs offset', 'pageByCursor', 'pageByOffset'),
  ];
}

function figure(milliseconds: number): string {
  return milliseconds < 0.1 ? `${(milliseconds * 1000).toFixed(1)} us` : `${milliseconds.toFixed(2)} ms`;
}
