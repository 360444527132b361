import { atLeast, atMost, count, times, type Finding } from './support/finding.js';
import { HttpLoad } from './support/http-load.js';
import { MeasuredProcess } from './support/measured-process.js';
import { interleave } from './support/rounds.js';
import { medianOf, ratioOf } from './support/statistics.js';

type Variant = 'ours' | 'stock';
const VARIANTS: readonly Variant[] = ['ours', 'stock'];

/** Rows of a response, and how many times as many cached responses as stock a core must send. */
type Goals = Readonly<Record<number, number>>;

const ROUND_MS = 100;
const ROUNDS = 24;
// A process may be slightly faster or slower than another of the same program for its whole lifetime.
const PROCESSES = 3;
const HOSTILE_BYTES = 15_000;

/** What do a hit and a miss cost, HttpCacheInterceptor vs stock CacheInterceptor? */
export async function httpHit(): Promise<Finding[]> {
  return [
    ...(await compare('express', { 1: 0.9, 100: 1.25, 1000: 2.2 })),
    ...(await compare('fastify', { 1: 0.9, 100: 1.5, 1000: 2.8 })),
  ];
}

async function compare(adapter: string, goals: Goals): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [rows, least] of Object.entries(goals)) {
    const { ours, stock } = await measure(adapter, (server) => server.hits(`/products/${rows}`));
    const ratio = ratioOf(ours, stock);
    findings.push({
      measured: `${adapter}, hits of ${rows} rows`,
      result: times(ratio),
      goal: atLeast(ratio, least),
      figures: `${count(medianOf(ours))} vs ${count(medianOf(stock))} requests per CPU second`,
    });
  }
  const missed = await measure(adapter, (server) => server.misses('/products/100'));
  findings.push({
    measured: `${adapter}, misses of 100 rows`,
    result: times(ratioOf(missed.ours, missed.stock)),
    figures: `${count(medianOf(missed.ours))} vs ${count(medianOf(missed.stock))} requests per CPU second`,
  });
  return [...findings, await hostileQuery(adapter)];
}

/** A hostile query vs a plain one of the same length. */
async function hostileQuery(adapter: string): Promise<Finding> {
  const queryOf = (part: string) => part.repeat(HOSTILE_BYTES / part.length);
  const taken: Record<'hostile' | 'plain', number[]> = { hostile: [], plain: [] };
  for (let started = 0; started < PROCESSES; started++) {
    const hostile = await Server.start(adapter, 'ours');
    const plain = await Server.start(adapter, 'ours');
    const sides = {
      hostile: () => hostile.misses(`/products/1?${queryOf('%zz&')}`),
      plain: () => plain.misses(`/products/1?q=${queryOf('abcd')}`),
    };
    await interleave(ROUNDS / 4, sides);
    const more = await interleave(ROUNDS, sides);
    taken.hostile.push(...more.hostile);
    taken.plain.push(...more.plain);
    await Promise.all([hostile.stop(), plain.stop()]);
  }
  const cost = ratioOf(taken.plain, taken.hostile);
  return {
    measured: `${adapter}, a hostile query of 15 kB vs a plain one of the same length: cost`,
    result: times(cost),
    goal: atMost(cost, 3),
    figures: `${count(medianOf(taken.hostile))} vs ${count(medianOf(taken.plain))} requests per CPU second`,
  };
}

async function measure(
  adapter: string,
  ask: (server: Server) => Promise<number>,
): Promise<Record<Variant, number[]>> {
  const taken: Record<Variant, number[]> = { ours: [], stock: [] };
  for (let started = 0; started < PROCESSES; started++) {
    const [ours, stock] = await Promise.all(VARIANTS.map((variant) => Server.start(adapter, variant)));
    const sides = { ours: () => ask(ours!), stock: () => ask(stock!) };
    await interleave(ROUNDS / 4, sides);
    const more = await interleave(ROUNDS, sides);
    for (const variant of VARIANTS) taken[variant].push(...more[variant]);
    await Promise.all([ours!.stop(), stock!.stop()]);
  }
  return taken;
}

class Server {
  private asked = 0;

  private constructor(
    private readonly process: MeasuredProcess,
    private readonly port: number,
  ) {}

  static async start(adapter: string, variant: Variant): Promise<Server> {
    const [process, port] = await MeasuredProcess.start('http-hit.process', adapter, variant);
    return new Server(process, port as number);
  }

  /** Requests per second of its CPU time for cached responses. */
  hits(path: string): Promise<number> {
    // Young enough for an Age of one digit, so that all responses of a round have the same length.
    const young = `${path}?round=${++this.asked}`;
    return this.requestsPerSecond(() => young, 2);
  }

  /** The same for URLs that were never requested before. */
  misses(path: string): Promise<number> {
    const separator = path.includes('?') ? '&' : '?';
    return this.requestsPerSecond(() => `${path}${separator}n=${String(++this.asked).padStart(9, '0')}`, 1);
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  /** @param measures how many requests are sent first; the last one has the length of all others */
  private async requestsPerSecond(path: () => string, measures: number): Promise<number> {
    const load = await HttpLoad.connect(this.port, path);
    for (let measured = 1; measured < measures; measured++) await load.measure();
    const before = await this.cpuTime();
    const requests = await load.run(ROUND_MS);
    const taken = (await this.cpuTime()) - before;
    load.close();
    return (requests / taken) * 1000;
  }

  private async cpuTime(): Promise<number> {
    return (await this.process.ask('cpuTime')) as number;
  }
}
