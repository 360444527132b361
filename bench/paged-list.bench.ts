import { count, times, type Finding } from './support/finding.js';
import { HttpLoad } from './support/http-load.js';
import { MeasuredProcess } from './support/measured-process.js';
import { interleave } from './support/rounds.js';
import { medianOf, ratioOf } from './support/statistics.js';

const VARIANTS = ['plain', 'passing', 'bounded', 'paginated'] as const;
type Variant = (typeof VARIANTS)[number];

// Short, so that the variants of a round meet the same machine.
const ROUND_MS = 150;

/** What does bounding a list of 100 rows cost in requests per second? */
export async function pagedList(): Promise<Finding[]> {
  return [...(await compare('express')), ...(await compare('fastify'))];
}

async function compare(adapter: string): Promise<Finding[]> {
  const servers = await Promise.all(VARIANTS.map((variant) => Server.start(adapter, variant)));
  const sides = Object.fromEntries(
    VARIANTS.map((variant, index) => [variant, () => servers[index]!.requestsPerSecond()]),
  ) as Record<Variant, () => Promise<number>>;
  await interleave(8, sides);
  const taken = await interleave(40, sides);
  for (const server of servers) server.stop();
  const busy = medianOf(servers.flatMap(({ utilization }) => utilization));

  const describe = (what: string, variant: Variant, base: Variant): Finding => ({
    measured: `${adapter}, ${what}`,
    result: times(ratioOf(taken[variant], taken[base])),
    beside: `${count(medianOf(taken[variant]))} of ${count(medianOf(taken[base]))} requests/s, server busy ${Math.round(busy * 100)} %`,
  });
  return [
    describe('an interceptor that does nothing, to none', 'passing', 'plain'),
    describe('PaginationInterceptor, to none', 'bounded', 'plain'),
    describe('with @Paginate() and a Link, to none', 'paginated', 'plain'),
    describe('PaginationInterceptor, to one that does nothing', 'bounded', 'passing'),
  ];
}

class Server {
  /** Of each round. Where it is far from 1, it was the client that was measured. */
  readonly utilization: number[] = [];

  private constructor(
    private readonly process: MeasuredProcess,
    private readonly load: HttpLoad,
  ) {}

  static async start(adapter: string, variant: Variant): Promise<Server> {
    const [process, port] = await MeasuredProcess.start('paged-list.process', adapter, variant);
    return new Server(process, await HttpLoad.connect(port as number, '/products'));
  }

  async requestsPerSecond(): Promise<number> {
    await this.process.ask('reset');
    const rate = await this.load.run(ROUND_MS);
    this.utilization.push((await this.process.ask('utilization')) as number);
    return rate;
  }

  stop(): void {
    this.load.close();
    this.process.stop();
  }
}
