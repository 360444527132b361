import { Cache, CacheTTL } from '@nestjs/cache-manager';
import { Controller, Get, Inject, Param, UseInterceptors } from '@nestjs/common';
import { Agent, get as httpGet, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { CacheMetrics, CachePublic, HttpCacheInterceptor, LoadingCache } from 'nestjs-production-config';
import { startNode, until, type CacheNode } from './cache-node.js';
import { startApp } from './http-app.js';
import { Stalls, type Span } from './stalls.js';

export const PER_SECOND = 400;
/** The calls of the cache that the controller makes. */
const calls: Span[] = [];

async function timed<T>(spans: Span[], call: () => Promise<T>): Promise<T> {
  const from = performance.now();
  try {
    return await call();
  } finally {
    spans.push([from, performance.now()]);
  }
}

@Controller()
@UseInterceptors(HttpCacheInterceptor)
class ProductsController {
  constructor(
    @Inject(Cache) private readonly cache: Cache,
    @Inject(LoadingCache) private readonly loading: LoadingCache,
  ) {}

  @Get('loaded/:id')
  loaded(@Param('id') id: string) {
    return this.loading.get(`loaded:${id}`, () => delay(1, { id }), { ttlSeconds: 1 });
  }

  @Get('plain/:id')
  async plain(@Param('id') id: string) {
    const found = await timed(calls, () => this.cache.get<{ id: string }>(`plain:${id}`));
    if (found !== undefined) return found;
    await timed(calls, () => this.cache.set(`plain:${id}`, { id }, 300));
    return { id };
  }

  @Get('uncached/:id')
  uncached(@Param('id') id: string) {
    return { id };
  }

  @Get('answers/:id')
  @CachePublic()
  @CacheTTL(300)
  answer(@Param('id') id: string) {
    return { id };
  }
}

const CACHED = ['loaded', 'plain', 'answers'];

interface Traffic {
  readonly sent: number;
  readonly failed: string[];
  /** The requests to routes that use the cache, and to one that does not. */
  readonly cached: Span[];
  readonly uncached: Span[];
}

/** Sends requests at a fixed rate until it is told to stop, whether or not the service responds. */
async function traffic(url: string, isOver: (passedMs: number) => boolean): Promise<Traffic> {
  const agent = new Agent({ keepAlive: true });
  const [failed, cached, uncached, under]: [string[], Span[], Span[], Promise<unknown>[]] = [[], [], [], []];
  const began = performance.now();
  let sent = 0;
  const ask = async (route: string | undefined, id: string) => {
    const [spans, path] = [route === undefined ? uncached : cached, `/${route ?? 'uncached'}/${id}`];
    try {
      const { status, body } = await timed(spans, () => answerOf(agent, url + path));
      if (status !== 200 || (JSON.parse(body) as { id: string }).id !== id) {
        failed.push(`${path}: ${status} ${body}`);
      }
    } catch (error) {
      failed.push(`${path}: ${String(error)}`);
    }
  };
  for (let passed = 0; !isOver(passed); passed = performance.now() - began) {
    for (; sent < (passed / 1000) * PER_SECOND; sent++) {
      const id = String(sent % 97);
      under.push(ask(CACHED[sent % (CACHED.length + 1)], id));
    }
    await delay(5);
  }
  await Promise.all(under);
  agent.destroy();
  return { sent, failed, cached, uncached };
}

function answerOf(agent: Agent, url: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    httpGet(url, { agent }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body })).on('error', reject);
    }).on('error', reject);
  });
}

let probes = 0;

/** Whether two processes share entries again. */
async function share(writer: Pick<CacheNode, 'cache' | 'shared'>, reader: CacheNode): Promise<boolean> {
  const key = `probe:${probes++}`;
  await writer.cache.set(key, key);
  const isRead = (await reader.cache.get(key)) === key;
  return (
    isRead &&
    [writer, reader].every((node) => node.shared().isConnected && node.shared().breaker === 'closed')
  );
}

/** A process under load, and another one that shares its cache. */
export interface LoadedFleet {
  readonly writer: Pick<CacheNode, 'cache' | 'loading' | 'shared'>;
  readonly reader: CacheNode;
  /** Whether the two share entries again. */
  isSharing(): Promise<boolean>;
}

/** What a fleet went through; times in milliseconds, without stalls of this process. */
export interface LoadReport {
  readonly sent: number;
  /** The failed requests, and errors that nobody caught. */
  readonly failed: readonly unknown[];
  readonly calls: number;
  readonly slowestCall: number;
  /** How much longer the 99th percentile of the requests takes with the cache than without it. */
  readonly delay: number;
  readonly recoveries: readonly number[];
  /** The log about the shared cache. */
  readonly log: readonly string[];
  readonly fleet: LoadedFleet;
}

/**
 * Sends requests while something happens to the server of their cache, and at least for `minMs` milliseconds.
 *
 * @param trouble returns how long the fleet took to recover each time
 */
export async function loadDuring(
  name: string,
  env: Record<string, string>,
  minMs: number,
  trouble: (fleet: LoadedFleet) => Promise<readonly number[]>,
): Promise<LoadReport> {
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  process.on('unhandledRejection', onError).on('uncaughtException', onError);
  onTestFinished(() => {
    process.off('unhandledRejection', onError).off('uncaughtException', onError);
  });
  const reader = await startNode(env);
  const { app, url, logger } = await startApp('express', [ProductsController], { env });
  // A request on an idle connection that the server is just closing would fail without a defect.
  (app.getHttpServer() as Server).keepAliveTimeout = 60_000;
  const metrics = app.get(CacheMetrics);
  const shared = () => metrics.snapshot().shared!;
  const writer = { cache: app.get<Cache>(Cache), loading: app.get(LoadingCache), shared };
  const fleet = { writer, reader, isSharing: () => share(writer, reader) };
  await until(fleet.isSharing);
  // Code that is not compiled yet is slow.
  await traffic(url, (ms) => ms > 500);
  calls.length = 0;

  const stalls = new Stalls();
  let isOver = false;
  const [{ sent, failed, cached, uncached }, recoveries] = await Promise.all([
    traffic(url, (ms) => isOver && ms > minMs),
    trouble(fleet).finally(() => (isOver = true)),
  ]);
  stalls.stop();

  const percentile = (part: number, all: readonly Span[]) => {
    const sorted = all.map((span) => stalls.without(span)).toSorted((a, b) => a - b);
    return sorted[Math.ceil(sorted.length * part) - 1]!;
  };
  const slowestCall = percentile(1, calls);
  // Both kinds queue behind the work of this process, which is also the client.
  const [late, lateUncached] = [percentile(0.99, cached), percentile(0.99, uncached)];
  console.info(
    `${name}: ${sent} requests, ${failed.length} failed, recovered in ` +
      `${recoveries.map(Math.round).join(' and ')} ms; slowest call ${slowestCall.toFixed(0)} ms; ` +
      `99 % of the requests in ${late.toFixed(0)} ms, without the cache in ${lateUncached.toFixed(0)} ms; ` +
      `longest stall ${stalls.longest.toFixed(0)} ms`,
  );
  return {
    sent,
    failed: [...failed, ...errors],
    calls: calls.length,
    slowestCall,
    delay: late - lateUncached,
    recoveries,
    log: logger.lines.map(({ text }) => text).filter((text) => text.includes('shared cache')),
    fleet,
  };
}
