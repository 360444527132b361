import { count, times, type Finding } from './support/finding.js';
import { HttpLoad } from './support/http-load.js';
import { MeasuredProcess } from './support/measured-process.js';
import { interleave } from './support/rounds.js';
import { medianOf, ratioOf } from './support/statistics.js';

const VARIANTS = ['plain', 'passing', 'bounded', 'paginated'] as const;
type Variant = (typeof VARIANTS)[number];

// Long enough for garbage collections, short enough that all variants of a round meet the same machine.
const ROUND_MS = 250;

/** What does bounding a list of 100 rows cost in requests per second? */
export async function pagedList(): Promise<Finding[]> {
  return [...(await compare('express')), ...(await compare('fastify'))];
}

async function compare(adapter: string): Promise<Finding[]> {
  const servers = await Promise.all(VARIANTS.map((variant) => Server.start(adapter, variant)));
  const sides = Object.fromEntries(
    VARIANTS.map((variant, index) => [variant, () => servers[index]!.requestsPerSecond()]),
  ) as Record<Variant, () => Promise<number>>;
  await interleave(6, sides);
  const taken = await interleave(24, sides);
  for (const server of servers) server.stop();

  const describe = (what: string, variant: Variant, base: Variant): Finding => ({
    measured: `${adapter}, ${what}`,
    result: times(ratioOf(taken[variant], taken[base])),
    beside: `${count(medianOf(taken[variant]))} of ${count(medianOf(taken[base]))} requests per CPU second`,
  });
  return [
    describe('an interceptor that does nothing, to none', 'passing', 'plain'),
    describe('PaginationInterceptor, to none', 'bounded', 'plain'),
    describe('with @Paginate() and a Link, to none', 'paginated', 'plain'),
    describe('PaginationInterceptor, to one that does nothing', 'bounded', 'passing'),
  ];
}

class Server {
  private constructor(
    private readonly process: MeasuredProcess,
    private readonly load: HttpLoad,
  ) {}

  static async start(adapter: string, variant: Variant): Promise<Server> {
    const [process, port] = await MeasuredProcess.start('paged-list.process', adapter, variant);
    return new Server(process, await HttpLoad.connect(port as number, '/products'));
  }

  /** Per second of its CPU time: what one core serves that does nothing else. */
  async requestsPerSecond(): Promise<number> {
    const before = await this.cpuTime();
    const requests = await this.load.run(ROUND_MS);
    return (requests / ((await this.cpuTime()) - before)) * 1000;
  }

  stop(): void {
    this.load.close();
    this.process.stop();
  }

  private async cpuTime(): Promise<number> {
    return (await this.process.ask('cpuTime')) as number;
  }
}
