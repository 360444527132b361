import type { Client } from 'memjs';
import { importMemcached } from '../../cache/far/server-access.js';
import { discardServers, serversOf } from '../../cache/far/memcached/memcached.servers.js';
import type { CacheConfig } from '../../config/cache.config.js';
import { noteClock } from './clock.facts.js';
import { ConnectionFault, faultOf } from './connection-fault.js';
import { type ConnectionFindings, versionIn, wordIn } from './connection.findings.js';
import { hasCredentials } from './credentials.facts.js';

/** Longer than the check may take. */
const TIMEOUT_S = 60;
const MIB = 2 ** 20;
// The server's clock ticks once a second, and the tick may be late.
const RESOLUTION_MS = 2000;

type Stats = Readonly<Record<string, string>>;

/** Asks each memcached of CACHE_URL what it is. */
export async function checkMemcached(
  { url = '' }: CacheConfig,
  findings: ConnectionFindings,
  signal: AbortSignal,
): Promise<void> {
  const memjs = await importMemcached();
  signal.throwIfAborted();
  findings.begin();
  const hasAccount = hasCredentials(url);
  const servers = serversOf(memjs, url, TIMEOUT_S);
  signal.addEventListener('abort', () => discardServers(servers), { once: true });
  for (const [index, server] of servers.entries()) {
    const client = new memjs.Client([server], { retries: 1, logger: { log: () => undefined } });
    const which = servers.length === 1 ? '' : `server ${index + 1} of ${servers.length}: `;
    try {
      await examine(client, hasAccount, which, findings);
    } catch (error) {
      const { code, message, fix } = faultOfMemcached(error, hasAccount);
      throw new ConnectionFault(code, which + message, fix);
    }
  }
}

async function examine(
  client: Client,
  hasAccount: boolean,
  which: string,
  findings: ConnectionFindings,
): Promise<void> {
  const sent = Date.now();
  const general = await statsOf(client, '');
  const received = Date.now();
  findings.reached();
  findings.facts['tls'] = 'off';
  findings.server ??= `memcached ${versionIn(general['version'])}`;
  const settings = await statsOf(client, 'settings').catch((): Stats => ({}));
  if (findings.facts['credentials'] === undefined) noteCredentials(hasAccount, settings, findings);
  noteMemory(general, settings, which, findings);
  const server = Number(general['time']) * 1000;
  if (Number.isFinite(server)) noteClock(findings, { sent, received, server, resolution: RESOLUTION_MS });
}

/** A server without SASL accepts any account. */
function noteCredentials(hasAccount: boolean, settings: Stats, findings: ConnectionFindings): void {
  if (!hasAccount) return findings.fact('credentials', 'none');
  const sasl = wordIn(settings['auth_enabled_sasl'], /^(?:yes|no)$/);
  const outcomes = { yes: 'accepted', no: 'not verified: the server has no SASL' };
  findings.fact('credentials', outcomes[sasl as 'yes' | 'no'] ?? sasl);
}

function noteMemory(general: Stats, settings: Stats, which: string, findings: ConnectionFindings): void {
  const evicts = wordIn(settings['evictions'], /^(?:on|off)$/);
  const limit = Math.round(Number(general['limit_maxbytes']) / MIB);
  const size = Number.isFinite(limit) ? `${limit} MiB` : 'size not known';
  findings.fact('memory', `${which}${size}, evictions ${evicts}`);
  if (evicts !== 'off') return;
  const message = `${which}leads to a server without evictions, which refuses every entry once it is full`;
  findings.warn('cache-memory', message, 'start it without -M');
}

function statsOf(client: Client, key: string): Promise<Stats> {
  return new Promise((resolve, reject) => {
    client.statsWithKey(key, (error, _server, stats) =>
      error === null ? resolve(stats ?? {}) : reject(error),
    );
  });
}

function faultOfMemcached(error: unknown, hasAccount: boolean): ConnectionFault {
  // memjs passes a text.
  if (!/authentication failed/.test(String(error))) return faultOf(error);
  return hasAccount
    ? new ConnectionFault('refused', 'is refused: the user or the password is wrong', 'correct them')
    : new ConnectionFault(
        'refused',
        'has no password, but the server requires one',
        'add the user and the password to the URL',
      );
}
