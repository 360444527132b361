import {
  SentinelsUnreachableError,
  UnsupportedServerError,
} from '../../cache/far/unsupported-server.error.js';
import type { RedisClient } from '../../cache/far/redis/redis.server.js';
import { SLOTS } from '../../cache/far/cluster/slots.js';
import { readTopology } from '../../cache/far/cluster/topology.js';
import { openSession } from '../../cache/far/redis/redis.inspection.js';
import { UNTRACKED_MAX_AGE_MS } from '../../cache/far/shared.tier.js';
import { importRedis, redisServer } from '../../cache/far/server-access.js';
import type { CacheConfig } from '../../config/cache.config.js';
import { usesTls } from '../../config/urls/cache-server.js';
import { parseConnectionUrl } from '../../config/urls/connection-url.js';
import { noteClock } from './clock.facts.js';
import type { ConnectionFindings } from './connection.findings.js';
import { hasCredentials } from './credentials.facts.js';
import { noteMemory, noteServer, readServer } from './redis.facts.js';
import { redisFault, replyFault, sentinelsFault } from './redis.faults.js';
import { noteTlsAt } from './tls.facts.js';

const DEFAULT_PORT = 6379;

/** Connects to Redis or Valkey as the cache does, and notes what the server is. */
export async function checkRedis(
  cache: CacheConfig,
  findings: ConnectionFindings,
  signal: AbortSignal,
): Promise<void> {
  const { url = '', namespace, credentials: hook } = cache;
  const redis = await importRedis();
  findings.begin();
  findings.isReached = false;
  const prepare = (client: RedisClient) => {
    client.once('connect', () => findings.reached());
    signal.addEventListener('abort', () => client.isOpen && client.destroy(), { once: true });
  };
  try {
    const {
      client,
      isTracked,
      hasOwnAccount,
      url: serverUrl,
      sentinels,
    } = await openSession(redis, redisServer(url, cache), namespace, signal, prepare);
    findings.fact('credentials', accountFact(url, hook !== undefined, hasOwnAccount));
    if (sentinels !== undefined) {
      findings.fact('sentinels', `${sentinels.answering} of ${sentinels.all} answer`);
    }
    await noteEncryption(serverUrl, cache, findings, signal);
    const server = await readServer(client, isTracked);
    noteServer(server, findings);
    if (server.fields.get('redis_mode') === 'cluster') await noteMasters(client, findings);
    noteTracking(isTracked, findings);
    noteMemory(server, findings);
    await noteTime(client, findings);
    client.destroy();
  } catch (error) {
    if (error instanceof UnsupportedServerError) noteKind(error, findings);
    if (error instanceof redis.ErrorReply) throw replyFault(error);
    if (error instanceof SentinelsUnreachableError)
      throw sentinelsFault(redisFault(error.cause, usesTls(url)));
    throw redisFault(error, usesTls(url));
  }
}

/** What was used: a hook may return undefined, which means the account in the URL. */
function accountFact(url: string, isHooked: boolean, hasOwnAccount: boolean): string {
  if (hasOwnAccount) return 'accepted, from buildCacheCredentials()';
  if (!hasCredentials(url)) return 'none';
  return isHooked ? 'accepted, from CACHE_URL' : 'accepted';
}

async function noteEncryption(
  url: string,
  { tls }: CacheConfig,
  findings: ConnectionFindings,
  signal: AbortSignal,
): Promise<void> {
  const { addresses } = parseConnectionUrl(url)!;
  if (!usesTls(url)) return findings.fact('tls', 'off');
  const [{ host, port = DEFAULT_PORT }] = addresses as [(typeof addresses)[number]];
  // The client hides its socket. The server may refuse a second connection.
  await noteTlsAt({ ...tls, host: host.replace(/^\[|\]$/g, ''), port }, findings, signal).catch(() =>
    findings.fact('tls', 'on; the certificate was not seen'),
  );
}

function noteKind({ kind }: UnsupportedServerError, findings: ConnectionFindings): void {
  if (kind === 'cluster' || kind === 'sentinel') findings.fact('mode', kind);
  if (kind === 'replica' || kind === 'failover') findings.fact('role', 'replica');
}

/** @throws an error reply if the account may not ask for the masters, which the cache has to know */
async function noteMasters(client: RedisClient, findings: ConnectionFindings): Promise<void> {
  const node = { send: <T>(command: readonly (string | Buffer)[]) => client.sendCommand<T>(command) };
  const { masters } = await readTopology(node, '');
  const ranges = masters.flatMap((master) => master.ranges);
  const slots = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  findings.fact('masters', `${masters.length}, with ${slots} of ${SLOTS} slots`);
}

function noteTracking(isTracked: boolean, findings: ConnectionFindings): void {
  findings.fact('tracking', isTracked ? 'on' : 'off');
  if (isTracked) return;
  const seconds = UNTRACKED_MAX_AGE_MS / 1000;
  findings.warn(
    'cache-tracking',
    `leads to a server that sends no invalidations, so a process may see other processes' changes up to ${seconds} s late`,
    'use Redis 6 or Valkey 7.2 or later, and grant the account +eval and +client|tracking',
  );
}

async function noteTime(client: RedisClient, findings: ConnectionFindings): Promise<void> {
  const sent = Date.now();
  const reply = await client.sendCommand<unknown[]>(['TIME']).catch(() => undefined);
  if (reply === undefined) return findings.fact('clock', 'not permitted (TIME)');
  const [seconds, microseconds] = reply.map(Number) as [number, number];
  const server = seconds * 1000 + microseconds / 1000;
  // The local clock has whole milliseconds.
  noteClock(findings, { sent, received: Date.now() + 1, server, resolution: 1 });
}
