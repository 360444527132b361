import { setTimeout as delay } from 'node:timers/promises';
import { openFleetStore } from '../cache/far/server-access.js';
import type { FleetStore } from '../common/fleet-store.js';
import { BaseConfig } from '../config/base.config.js';
import type { CacheConfig } from '../config/cache.config.js';
import { createInstance } from '../config/load/config.instance.js';
import { inspectConfig } from '../config/load/config.inspection.js';
import type { ConfigClass } from '../config/model/config-class.js';
import { cacheServerOf } from '../config/urls/cache-server.js';
import { MAX_STATES, compareWorkers } from '../fleet/compare-workers.js';
import type { FleetSnapshot } from '../fleet/fleet.snapshot.js';
import { type Arguments, CommandError, type Outcome } from './command.js';
import { configClassOf, sourcesOf } from './config-file.js';
import { renderFleet } from './fleet.report.js';
import { type KnownFleet, agrees, goalOf } from './fleet.goal.js';

const POLL_MS = 500;
/** By then, workers that have just been started are known. */
const FIRST_ANSWER_MS = 10_000;
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export async function runFleet({ values }: Arguments): Promise<Outcome> {
  const wait = values['wait'] as string | undefined;
  const goal = wait === undefined ? undefined : goalOf(wait);
  if (goal === undefined && values['timeout'] !== undefined) {
    throw new CommandError('--timeout needs --wait', true);
  }
  const ms =
    goal === undefined ? FIRST_ANSWER_MS : timeoutOf((values['timeout'] as string | undefined) ?? '60s');
  const cache = await cacheOf(values);
  const store = await openFleetStore(cache);
  // Nothing of a connection keeps a process alive.
  const alive = setInterval(() => undefined, POLL_MS);
  try {
    const found = await ask(store, goal ?? (() => true), { ms, isPatient: goal !== undefined });
    const ok = (goal ?? agrees)(found);
    const output = values['json'] === true ? `${JSON.stringify(found, null, 2)}\n` : renderFleet(found);
    return { output, ok };
  } finally {
    clearInterval(alive);
    store.close();
  }
}

/** Asks until the answer is the wanted one, or the time is up. @param options.isPatient whether a server may be away meanwhile */
async function ask(
  store: FleetStore,
  isWanted: (found: KnownFleet) => boolean,
  { ms, isPatient }: { readonly ms: number; readonly isPatient: boolean },
): Promise<KnownFleet> {
  const until = performance.now() + ms;
  for (;;) {
    let found: FleetSnapshot = { state: 'unknown' };
    let reason = 'no worker of this service reports to it, or all of them were just started';
    try {
      found = compareWorkers(await store.read(MAX_STATES));
    } catch {
      reason = 'it does not answer: check --connect says why';
      if (!isPatient) throw awayError(reason);
    }
    if (found.state === 'known' && isWanted(found)) return found;
    if (performance.now() >= until) {
      if (found.state === 'known') return found;
      throw awayError(reason);
    }
    await delay(Math.min(POLL_MS, Math.max(1, until - performance.now())));
  }
}

function awayError(reason: string): CommandError {
  return new CommandError(`the server of CACHE_URL does not know the workers: ${reason}`);
}

async function cacheOf(values: Arguments['values']): Promise<CacheConfig> {
  const type = await configClassOf(values['config'] as string | undefined);
  const read = inspectConfig(type, {
    only: isOverridden(type) ? undefined : ['getCacheConfig'],
    ...sourcesOf(values),
  });
  if (read.problems.length > 0) {
    const problems = read.problems.map(({ name, message }) => `${name} ${message}`);
    throw new CommandError(`the configuration has problems: ${problems.join('; ')}`);
  }
  const cache = createInstance(type, read).getCacheConfig();
  if (cache.url === undefined)
    throw new CommandError('workers report only with a CACHE_URL on Redis or Valkey');
  if (cacheServerOf(cache.url) === 'memcached') {
    throw new CommandError('workers do not report to memcached: use Redis or Valkey');
  }
  return cache;
}

/** Whether the class computes the cache itself, so that it may read any of its settings. */
function isOverridden({ prototype }: ConfigClass<BaseConfig>): boolean {
  return (['getCacheConfig', 'buildCacheConfig', 'buildCacheCredentials'] as const).some(
    (name) => prototype[name] !== BaseConfig.prototype[name],
  );
}

function timeoutOf(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  if (count === undefined) throw new CommandError('--timeout takes a time such as 60s, 10m or 1h', true);
  return Number(count) * UNIT_MS[unit!]!;
}
