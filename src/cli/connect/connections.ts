import { withTimeout } from '../../common/timeout.js';
import type { BaseConfig } from '../../config/base.config.js';
import type { CacheConfig } from '../../config/cache.config.js';
import { type LoadedSettings, stateOf } from '../../config/load/config.instance.js';
import { databaseGroupsIn } from '../../config/model/config-shape.js';
import type { ConfigWarning } from '../../config/model/config.warning.js';
import { SecretTexts } from '../../config/model/secret-texts.js';
import { isAbsent } from '../../config/rules/nested-values.js';
import { cacheServerOf } from '../../config/urls/cache-server.js';
import { ConnectionFault, faultOf } from './connection-fault.js';
import { type CheckedConnection, type CheckProblem, ConnectionFindings } from './connection.findings.js';
import { checkDatabase } from './postgres.connection.js';
import { checkMemcached } from './memcached.connection.js';
import { checkRedis } from './redis.connection.js';

/** What `check --connect` adds to the report. */
export interface ConnectionReport {
  readonly connections: readonly CheckedConnection[];
  readonly problems: readonly CheckProblem[];
  readonly warnings: readonly ConfigWarning[];
}

type Check = (findings: ConnectionFindings, signal: AbortSignal) => Promise<void>;

/** The most milliseconds that the check of one connection takes. */
const MAX_MS = 5000;

/** Opens the connections that a valid configuration names, and reports what is behind them. Never throws for a server. */
export async function checkConnections(
  { config, cache }: { readonly config: BaseConfig; readonly cache: CacheConfig },
  ms = MAX_MS,
): Promise<ConnectionReport> {
  const all = await Promise.all(
    [...checksOf(config, cache)].map(([name, check]) => runCheck(name, check, ms)),
  );
  const redact = redactionOf(stateOf(config));
  return {
    connections: all.map(({ name, state, server, facts }) => ({
      name,
      state,
      ...(server === undefined ? {} : { server: redact(server) }),
      facts: Object.fromEntries(Object.entries(facts).map(([label, text]) => [label, redact(text)])),
    })),
    problems: all.flatMap(({ problems }) =>
      problems.map((one) => ({ ...one, message: redact(one.message) })),
    ),
    warnings: all.flatMap(({ warnings }) =>
      warnings.map((one) => ({ ...one, message: redact(one.message) })),
    ),
  };
}

function checksOf(config: BaseConfig, cache: CacheConfig): Map<string, Check> {
  const checks = new Map<string, Check>();
  const { shape, origins } = stateOf(config);
  for (const group of databaseGroupsIn(shape)) {
    if (!isAbsent(group, origins)) checks.set(group.path.join('.'), leaveUnchecked);
  }
  const database = (['DATABASE_URL', 'DATABASE_HOST'] as const).find(
    (name) => shape.settings.has(name) && config[name] !== undefined,
  );
  if (database !== undefined) {
    checks.set(database, (findings, signal) => checkDatabase(config, findings, signal));
  }
  if (cache.url !== undefined) {
    const check = cacheServerOf(cache.url) === 'memcached' ? checkMemcached : checkRedis;
    checks.set('CACHE_URL', (findings, signal) => check(cache, findings, signal));
  }
  return checks;
}

async function leaveUnchecked(): Promise<void> {
  throw new ConnectionFault('unchecked', 'is not checked: it replaces the database settings of this package');
}

async function runCheck(name: string, check: Check, ms: number): Promise<ConnectionFindings> {
  const findings = new ConnectionFindings(name);
  const giveUp = new AbortController();
  try {
    await withTimeout(check(findings, giveUp.signal), ms, () => lateFault(findings, ms));
  } catch (error) {
    findings.fail(faultOf(error));
  } finally {
    giveUp.abort();
  }
  return findings;
}

function lateFault({ isReached }: ConnectionFindings, ms: number): ConnectionFault {
  const limit = `within ${ms / 1000} s`;
  const busy = 'it may be overloaded, or another kind of server';
  const [message, fix] = {
    false: [`leads to a host that does not answer ${limit}`, 'a firewall may drop the packets'],
    true: [`leads to a server that accepts the connection but does not answer ${limit}`, busy],
    undefined: [`leads to a server that does not answer ${limit}`, busy],
  }[`${isReached}`] as [string, string];
  return new ConnectionFault('unreachable', message, fix);
}

/** A server may repeat what it was sent. */
function redactionOf({ settings, values }: LoadedSettings): (text: string) => string {
  const secrets = new SecretTexts(settings.values(), values);
  return (text) => String(secrets.redact(text));
}
