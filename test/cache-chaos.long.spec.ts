import { Cache, CacheTTL } from '@nestjs/cache-manager';
import { Controller, Get, Inject, Param, UseInterceptors } from '@nestjs/common';
import { Agent, get as httpGet, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheMetrics, CachePublic, HttpCacheInterceptor, LoadingCache } from 'nestjs-production-config';
import { startOwnMemcached, startOwnRedis } from './support/cache-servers.js';
import { startNode, until, type CacheNode } from './support/cache-node.js';
import { startApp } from './support/http-app.js';
import type { OwnServer } from './support/own-server.js';
import { describeWithServer } from './support/real-server.js';
import { Stalls, type Span } from './support/stalls.js';

const PASSWORD = 'Tr0mbone-Quartz-58';
const PER_SECOND = 400;
/** How much longer than its timeout a call may take. */
const SLACK_MS = 50;
const RECOVERY_MS = 5_000;

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

  @Get('answers/:id')
  @CachePublic()
  @CacheTTL(300)
  answer(@Param('id') id: string) {
    return { id };
  }
}

interface Traffic {
  readonly sent: number;
  readonly failed: string[];
  readonly spans: Span[];
}

/** Sends requests at a fixed rate, whether or not the service responds. */
async function traffic(url: string, ms: number): Promise<Traffic> {
  const agent = new Agent({ keepAlive: true });
  const [failed, spans, under]: [string[], Span[], Promise<unknown>[]] = [[], [], []];
  const began = performance.now();
  let sent = 0;
  const ask = async (path: string, id: string) => {
    try {
      const { status, body } = await timed(spans, () => answerOf(agent, url + path));
      if (status !== 200 || (JSON.parse(body) as { id: string }).id !== id) {
        failed.push(`${path}: ${status} ${body}`);
      }
    } catch (error) {
      failed.push(`${path}: ${String(error)}`);
    }
  };
  for (let passed = 0; passed < ms; passed = performance.now() - began) {
    for (; sent < (passed / 1000) * PER_SECOND; sent++) {
      const id = String(sent % 97);
      under.push(ask(`/${['loaded', 'plain', 'answers'][sent % 3]}/${id}`, id));
    }
    await delay(5);
  }
  await Promise.all(under);
  agent.destroy();
  return { sent, failed, spans };
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

/** Kills and restarts, then freezes and thaws a server. Returns how long its clients take to recover each time. */
async function hurt(server: OwnServer, isBack: () => Promise<boolean>): Promise<number[]> {
  const recoveries = [];
  await delay(1500);
  for (const [fail, mend] of [
    [() => server.kill(), () => server.start()],
    [() => server.freeze(), () => server.thaw()],
  ] as const) {
    await fail();
    await delay(2500);
    await mend();
    const from = performance.now();
    const stalls = new Stalls();
    await until(isBack);
    recoveries.push(stalls.since(from));
    stalls.stop();
    await delay(1000);
  }
  return recoveries;
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

function chaos(name: string, start: () => Promise<OwnServer | undefined>, password: string): void {
  describeWithServer(`${name} killed, restarted, frozen and thawed under load`, start, (server) => {
    it.each([
      [50, 15_000],
      [20, 10_000],
    ])('neither fails nor delays requests, with a timeout of %i ms per call', async (timeoutMs, runMs) => {
      const errors: unknown[] = [];
      const onError = (error: unknown) => void errors.push(error);
      process.on('unhandledRejection', onError).on('uncaughtException', onError);
      onTestFinished(() => {
        process.off('unhandledRejection', onError).off('uncaughtException', onError);
      });
      const env = {
        CACHE_URL: server().url.replace('//', password === '' ? '//' : `//:${password}@`),
        CACHE_NAMESPACE: 'shop',
        CACHE_TIMEOUT_MS: String(timeoutMs),
      };
      const reader = await startNode(env);
      const { app, url, logger } = await startApp('express', [ProductsController], { env });
      // A request on an idle connection that the server is just closing would fail without a defect.
      (app.getHttpServer() as Server).keepAliveTimeout = 60_000;
      const metrics = app.get(CacheMetrics);
      const writer = { cache: app.get<Cache>(Cache), shared: () => metrics.snapshot().shared! };
      await until(() => share(writer, reader));
      // Code that is not compiled yet is slow.
      await traffic(url, 500);
      calls.length = 0;

      const stalls = new Stalls();
      const [{ sent, failed, spans }, recoveries] = await Promise.all([
        traffic(url, runMs),
        hurt(server(), () => share(writer, reader)),
      ]);
      stalls.stop();

      const slowest = (all: readonly Span[], part = 1) => {
        const sorted = all.map((span) => stalls.without(span)).toSorted((a, b) => a - b);
        return sorted[Math.ceil(sorted.length * part) - 1]!;
      };
      const raw = (all: readonly Span[]) => Math.max(...all.map(([from, to]) => to - from));
      console.info(
        `${name}, ${timeoutMs} ms: ${sent} requests, ${failed.length} failed, recovered in ` +
          `${recoveries.map(Math.round).join(' and ')} ms; slowest call ${slowest(calls).toFixed(0)} ms ` +
          `(${raw(calls).toFixed(0)} with stalls), request ${slowest(spans).toFixed(0)} ms, ` +
          `99 % of them ${slowest(spans, 0.99).toFixed(0)} ms ` +
          `(${raw(spans).toFixed(0)}), longest stall ${stalls.longest.toFixed(0)} ms`,
      );
      expect(failed.slice(0, 5)).toEqual([]);
      expect(errors).toEqual([]);
      expect(sent).toBeGreaterThan((PER_SECOND * runMs * 0.95) / 1000);
      expect(calls.length).toBeGreaterThan(1000);
      expect(slowest(calls)).toBeLessThan(timeoutMs + SLACK_MS);
      // Requests queue behind stalls of this process, which is also the client: 1 in 100 may be late.
      expect(slowest(spans, 0.99)).toBeLessThan(timeoutMs + SLACK_MS);
      for (const recovery of recoveries) expect(recovery).toBeLessThan(RECOVERY_MS);
      expect(writer.shared().timeouts).toBeGreaterThan(0);

      // Both applications log here: each at most one line in 10 s.
      const lines = logger.lines.map(({ text }) => text).filter((text) => text.includes('shared cache'));
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(2 * (1 + Math.floor(runMs / 10_000)));
      for (const line of lines)
        expect(line).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${server().port}|${PASSWORD}`));
    });
  });
}

describe('the shared cache', () => {
  chaos('Redis', () => startOwnRedis('--requirepass', PASSWORD), PASSWORD);
  chaos('memcached', startOwnMemcached, '');
});
