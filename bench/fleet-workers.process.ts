import { NestFactory } from '@nestjs/core';
import { createClient } from '@redis/client';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Fleet, type FleetSnapshot, ProductionConfigModule } from 'nestjs-production-config';
import { cpuTime } from './support/cpu-time.js';
import { spreadOf } from './support/statistics.js';

/** The workers of three releases, two of which drift. */
const STATES = [
  { RELEASE: '1' },
  { RELEASE: '2' },
  { RELEASE: '2', PAGE_SIZE: '50' },
  { RELEASE: '3' },
  { RELEASE: '3', CACHE_TTL_SECONDS: '60' },
];
const LIVE_MS = 3_600_000;
const SNAPSHOTS = 300;
const REPORTS = 500;

const [, , url = '', workers = '10000'] = process.argv;
const env = { ...process.env, CACHE_URL: url, CACHE_NAMESPACE: `bench-${randomBytes(6).toString('hex')}` };

// Has the first worker report whenever this is called, instead of at its interval.
const reports: (() => void)[] = [];
const { setTimeout } = globalThis;
globalThis.setTimeout = ((run: (argument?: unknown) => void, ms: number, argument: unknown) => {
  if (ms >= 4_000 && ms <= 5_000 && reports.length < STATES.length) reports.push(run);
  return setTimeout(() => run(argument), ms);
}) as typeof setTimeout;

// The connections of the workers do not keep the process alive.
setInterval(() => undefined, 60_000);

const apps = await Promise.all(
  STATES.map((settings) => {
    const module = ProductionConfigModule.forRoot({ env: { ...env, ...settings } });
    return NestFactory.createApplicationContext(module, { logger: false });
  }),
);
const fleet = apps[0]!.get(Fleet);
await seen(STATES.length);

const client = createClient({ url });
await client.connect();
const names = await client.keys(`${env.CACHE_NAMESPACE}:*`);
const sets = names.filter((name) => name.includes('}workers:'));
const before = await bytes();
const until = Date.now() + LIVE_MS;
await Promise.all(
  Array.from({ length: Number(workers) - STATES.length }, (_, worker) => {
    const value = `orders-7d4b9c6f5-${randomBytes(4).toString('hex')}:1:${randomBytes(6).toString('base64url')}`;
    return client.zAdd(sets[worker % sets.length]!, { score: until, value });
  }),
);
const grown = (await bytes()) - before;
await seen(Number(workers));

const times: number[] = [];
for (let round = 0; round < SNAPSHOTS; round++) {
  const begun = performance.now();
  await fleet.snapshot();
  times.push(performance.now() - begun);
}

const [report] = reports;
if (report === undefined) throw new Error('no worker reports');
/** CPU milliseconds of a snapshot, with what is done first. It is sent after that, and so awaits it. */
async function cpuOf(work: () => void): Promise<number> {
  const begun = cpuTime();
  for (let round = 0; round < REPORTS; round++) {
    work();
    await fleet.snapshot();
  }
  return (cpuTime() - begun) / REPORTS;
}
await cpuOf(report);
const cpu = (await cpuOf(report)) - (await cpuOf(() => undefined));

await Promise.all(apps.map((app) => app.close()));
await client.del(names);
process.stdout.write(JSON.stringify({ snapshot: spreadOf(times), bytes: grown, cpu }), () => process.exit());

async function seen(count: number): Promise<void> {
  let found: FleetSnapshot;
  do {
    await delay(50);
    found = await fleet.snapshot();
  } while (found.state === 'unknown' || found.workers !== count);
}

async function bytes(): Promise<number> {
  const each = await Promise.all(names.map((name) => client.memoryUsage(name, { SAMPLES: 0 })));
  return each.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}
