import { atLeast, count, times, type Finding } from './support/finding.js';
import { MeasuredServer } from './support/measured-server.js';
import { interleave } from './support/rounds.js';
import { medianOf, ratioOf } from './support/statistics.js';

const VARIANTS = [
  'plain',
  'passing',
  'taken',
  'bounded',
  'queried',
  'resolving',
  'paginated',
  'walked',
] as const;
type Variant = (typeof VARIANTS)[number];
type Taken = Record<Variant, number[]>;

// A process may be slightly faster or slower than another of the same program for its whole lifetime.
const PROCESSES = 3;

/** The minimum share of the requests per second. Fastify itself is cheaper, so the same work is a larger part. */
interface Goals {
  /** PaginationInterceptor vs no-op interceptor. */
  readonly bounded: number;
  /** `@Paginate()` without an interceptor vs neither. */
  readonly taken: number;
}

/** What does bounding a list of 100 rows cost in requests per second? */
export async function pagedList(): Promise<Finding[]> {
  return [
    ...(await compare('express', { bounded: 0.93, taken: 0.93 })),
    ...(await compare('fastify', { bounded: 0.8, taken: 0.88 })),
  ];
}

async function compare(adapter: string, goals: Goals): Promise<Finding[]> {
  const taken = Object.fromEntries(VARIANTS.map((variant) => [variant, []])) as unknown as Taken;
  for (let started = 0; started < PROCESSES; started++) {
    const more = await measure(adapter);
    for (const variant of VARIANTS) taken[variant].push(...more[variant]);
  }
  const describe = (what: string, variant: Variant, base: Variant, least?: number): Finding => {
    const ratio = ratioOf(taken[variant], taken[base]);
    return {
      measured: `${adapter}, ${what}`,
      result: times(ratio),
      ...(least === undefined ? {} : { goal: atLeast(ratio, least) }),
      figures: `${count(medianOf(taken[variant]))} of ${count(medianOf(taken[base]))} requests per CPU second`,
    };
  };
  return [
    describe('no-op interceptor vs none', 'passing', 'plain'),
    describe('PaginationInterceptor vs no-op interceptor', 'bounded', 'passing', goals.bounded),
    describe('the same, the handler takes the query', 'resolving', 'queried'),
    describe('@Paginate() alone vs none', 'taken', 'plain', goals.taken),
    describe('PaginationInterceptor vs none', 'bounded', 'plain'),
    describe('with @Paginate() and a Link vs none', 'paginated', 'plain'),
    describe('with a Page by cursor and a Link vs none', 'walked', 'plain'),
  ];
}

async function measure(adapter: string): Promise<Taken> {
  const servers = await Promise.all(
    VARIANTS.map((variant) =>
      MeasuredServer.start('paged-list.process', [adapter, variant], async (port) =>
        variant === 'walked' ? `/products${await secondPage(port)}` : '/products',
      ),
    ),
  );
  const sides = Object.fromEntries(
    VARIANTS.map((variant, index) => [variant, () => servers[index]!.requestsPerSecond()]),
  ) as Record<Variant, () => Promise<number>>;
  await interleave(18, sides);
  const taken = await interleave(40, sides);
  await Promise.all(servers.map((server) => server.stop()));
  return taken;
}

/** The query that the first page links to. */
async function secondPage(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/products`);
  await response.arrayBuffer();
  return /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '')![1]!;
}
