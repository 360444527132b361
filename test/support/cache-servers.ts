import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installed, OwnServer } from './own-server.js';
import type { Stoppable } from './real-server.js';

/** The server of a shared cache. */
export interface CacheServer extends Stoppable {
  readonly url: string;
}

/** The Redis in REDIS_URL, or one started by the tests; undefined if it is not installed. */
export async function startRedis(): Promise<CacheServer | undefined> {
  return named('REDIS_URL') ?? startOwnRedis();
}

/** The memcached in MEMCACHED_URL, or one started by the tests; undefined if it is not installed. */
export async function startMemcached(): Promise<CacheServer | undefined> {
  return named('MEMCACHED_URL') ?? startOwnMemcached();
}

/** A Redis that can be killed, frozen and configured; it does not write to disk. */
export function startOwnRedis(...options: string[]): Promise<OwnServer | undefined> {
  return OwnServer.start('redis-server', 'redis', (port) =>
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'].concat(options),
  );
}

/** A Redis that accepts only TLS. @param clientCa the CA whose certificates it demands of clients. Default: none */
export function startTlsRedis(
  keyFile: string,
  certificateFile: string,
  clientCa?: string,
): Promise<OwnServer | undefined> {
  const place = ['--port', '0', '--bind', '127.0.0.1', '--save', ''];
  const files = ['--tls-cert-file', certificateFile, '--tls-key-file', keyFile];
  const clients = ['--tls-auth-clients', clientCa === undefined ? 'no' : 'yes'];
  const ca = ['--tls-ca-cert-file', clientCa ?? certificateFile];
  return OwnServer.start('redis-server', 'rediss', (port) =>
    place.concat('--tls-port', String(port), files, clients, ca),
  );
}

/** A memcached that can be killed and frozen. */
export function startOwnMemcached(): Promise<OwnServer | undefined> {
  return OwnServer.start('memcached', 'memcached', memcachedArguments);
}

/** A memcached that requires an account, which its URL has. Undefined if it or the tool for its passwords is not installed. */
export async function startSaslMemcached(): Promise<CacheServer | undefined> {
  const [memcached, tool] = ['memcached', 'saslpasswd2'].map(installed);
  if (memcached === undefined || tool === undefined) return undefined;
  const [user, password] = ['app', randomUUID()];
  const folder = mkdtempSync(join(tmpdir(), 'memcached-sasl-'));
  const database = join(folder, 'passwords');
  const settings = { mech_list: 'plain', pwcheck_method: 'auxprop', auxprop_plugin: 'sasldb' };
  const lines = Object.entries({ ...settings, sasldb_path: database }).map(
    ([name, value]) => `${name}: ${value}\n`,
  );
  writeFileSync(join(folder, 'memcached.conf'), lines.join(''));
  execFileSync(tool, ['-p', '-c', '-f', database, '-a', 'memcached', user], { input: password });
  // For the account of the server.
  chmodSync(folder, 0o755);
  chmodSync(database, 0o644);
  const server = await OwnServer.start('env', 'memcached', (port) =>
    [`SASL_CONF_PATH=${folder}`, memcached, '-S'].concat(memcachedArguments(port)),
  );
  return {
    url: server!.url.replace('//', `//${user}:${password}@`),
    stop: async () => {
      await server!.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function memcachedArguments(port: number): string[] {
  // memcached refuses to run as root without the name of another account.
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  return ['-p', String(port), '-l', '127.0.0.1', '-U', '0'].concat(account);
}

/**
 * Settings of applications that share a cache at this URL, in a unique namespace. The timeout is long, so
 * that a machine that is busy with other tests does not look like a server that is down.
 */
export function sharedEnv(url: string): Record<string, string> {
  return { CACHE_URL: url, CACHE_NAMESPACE: `test-${randomUUID()}`, CACHE_TIMEOUT_MS: '10000' };
}

function named(variable: string): CacheServer | undefined {
  const url = process.env[variable];
  return url ? { url, stop: async () => undefined } : undefined;
}
