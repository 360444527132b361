import { setTimeout as delay } from 'node:timers/promises';
import { types } from 'node:util';
import { errorName } from '../../../common/error-name.js';
import { withTimeout } from '../../../common/timeout.js';
import type { CacheCredentials } from '../../../config/index.js';
import { CacheCredentialsError } from '../credentials.error.js';
import type { RedisClient, RedisServer } from './redis.server.js';

const MAX_MS = 4000;
/** The part of the remaining time after which a connection logs in again. */
const RENEW_AT = 0.75;
const MIN_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 2 ** 31 - 1;

/**
 * Asks the application what to log in with; undefined for the account in the URL.
 *
 * @throws CacheCredentialsError
 */
export async function askCredentials({ credentials }: RedisServer): Promise<CacheCredentials | undefined> {
  if (credentials === undefined) return undefined;
  let found: CacheCredentials | undefined;
  try {
    found = await withTimeout(credentials(), MAX_MS, late, { ref: false });
  } catch (error) {
    if (error instanceof CacheCredentialsError) throw error;
    throw new CacheCredentialsError(`failed with ${errorName(error)}`);
  }
  if (found === undefined) return undefined;
  // A class in JavaScript may return anything.
  const { user = '', password, expiresAt } = (found ?? {}) as Partial<CacheCredentials>;
  if (typeof user !== 'string' || typeof password !== 'string' || password === '') {
    throw new CacheCredentialsError('returned no password');
  }
  if (expiresAt !== undefined && !types.isDate(expiresAt)) {
    throw new CacheCredentialsError('returned an expiresAt that is not a Date');
  }
  return found;
}

function late(): CacheCredentialsError {
  return new CacheCredentialsError(`did not answer within ${MAX_MS / 1000} s`);
}

/** The URL with another account. */
export function urlWith(url: string, { user = '', password }: CacheCredentials): string {
  const parts = new URL(url);
  parts.username = encodeURIComponent(user);
  parts.password = encodeURIComponent(password);
  return parts.href;
}

/**
 * Logs in again on an open connection before the credentials expire. If that fails until then, the server closes the
 * connection, and the next one begins with new credentials.
 */
export async function keepLoggedIn(
  client: RedisClient,
  server: RedisServer,
  { expiresAt }: CacheCredentials,
): Promise<void> {
  const closed = new AbortController();
  for (const event of ['end', 'error']) client.once(event, () => closed.abort());
  const { signal } = closed;
  let remaining = msUntil(expiresAt);
  while (remaining > 0 && !signal.aborted) {
    const ms = Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, remaining * RENEW_AT));
    await delay(ms, undefined, { ref: false, signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const next = await askCredentials(server);
      if (next === undefined) return;
      await client.sendCommand(['AUTH', ...(next.user ? [next.user] : []), next.password]);
      expiresAt = next.expiresAt;
    } catch {
      // Tried again while the credentials are valid.
    }
    remaining = msUntil(expiresAt);
  }
}

function msUntil(time: Date | undefined): number {
  return time === undefined ? 0 : time.getTime() - Date.now();
}
