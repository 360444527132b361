import type { RedisClient } from '../../cache/far/redis/redis.server.js';
import { type ConnectionFindings, versionIn, wordIn } from './connection.findings.js';

/** What a server says about itself, by the names in INFO. */
interface ServerInfo {
  readonly fields: ReadonlyMap<string, string>;
  /** Whether the account may use INFO. */
  readonly isComplete: boolean;
}

const MIB = 2 ** 20;
const MODES = /^(?:standalone|cluster|sentinel)$/;
const ROLES = /^(?:master|slave|replica|sentinel)$/;
const POLICIES = /^(?:noeviction|(?:allkeys|volatile)-(?:lru|lfu|lrm|random|ttl))$/;

/** Reads INFO, or HELLO if the account may not use INFO. */
export async function readServer(client: RedisClient, isTracked: boolean): Promise<ServerInfo> {
  const info = await client.sendCommand<string>(['INFO']).catch(() => undefined);
  if (info !== undefined) {
    const fields = Array.from(info.matchAll(/^(\w+):(.*?)\r?$/gm), ([, name, value]) => [name!, value!]);
    return { fields: new Map(fields as [string, string][]), isComplete: true };
  }
  const hello = await client.sendCommand(['HELLO', isTracked ? '3' : '2']).catch(() => undefined);
  return { fields: fieldsOfHello(hello), isComplete: false };
}

function fieldsOfHello(hello: unknown): Map<string, string> {
  const parts: unknown[] = Array.isArray(hello) ? hello : Object.entries(hello ?? {}).flat();
  const valueOf = (name: string) =>
    parts.includes(name) ? String(parts[parts.indexOf(name) + 1]) : undefined;
  const [version, mode, role] = ['version', 'mode', 'role'].map(valueOf);
  const known = { redis_version: version, redis_mode: mode, role, server_name: valueOf('server') };
  return new Map(Object.entries(known).filter((field): field is [string, string] => field[1] !== undefined));
}

/** Notes kind, version, mode and role. */
export function noteServer({ fields }: ServerInfo, findings: ConnectionFindings): void {
  const isValkey = fields.has('valkey_version') || fields.get('server_name') === 'valkey';
  const version = fields.get('valkey_version') ?? fields.get('redis_version');
  findings.server = `${isValkey ? 'Valkey' : 'Redis'} ${versionIn(version)}`;
  findings.fact('mode', wordIn(fields.get('redis_mode') ?? fields.get('server_mode'), MODES));
  const role = wordIn(fields.get('role'), ROLES);
  findings.fact('role', role === 'master' ? 'primary' : role);
}

/** Notes the limit of the memory, and what happens there. */
export function noteMemory({ fields, isComplete }: ServerInfo, findings: ConnectionFindings): void {
  const limit = Number(fields.get('maxmemory') ?? NaN);
  const policy = wordIn(fields.get('maxmemory_policy'), POLICIES);
  if (Number.isNaN(limit)) return findings.fact('memory', isComplete ? 'not known' : 'not permitted (INFO)');
  const shown = limit === 0 ? 'unlimited' : `${Math.round(limit / MIB)} MiB`;
  findings.fact('memory', `maxmemory ${shown}, ${policy}`);
  const fix = 'set maxmemory, and maxmemory-policy allkeys-lru';
  if (limit === 0) {
    const message = 'leads to a server without maxmemory, which may use all memory of its machine';
    findings.warn('cache-memory', message, fix);
  } else if (policy === 'noeviction') {
    const message = 'leads to a server with noeviction, which refuses every change once it is full';
    findings.warn('cache-memory', message, fix);
  }
}
