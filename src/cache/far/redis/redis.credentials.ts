import { setTimeout as delay } from 'node:timers/promises';
import { types } from 'node:util';
import { errorName } from '../../../common/error-name.js';
import { withTimeout } from '../../../common/timeout.js';
import { type CacheCredentials, ConfigDefinitionError } from '../../../config/index.js';
import { CacheCredentialsError } from '../credentials.error.js';
import type { RedisAccess, RedisClient } from './redis.server.js';

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
export async function askCredentials({ credentials }: RedisAccess): Promise<CacheCredentials | undefined> {
  if (credentials === undefined) return undefined;
  try {
    const found: unknown = await withTimeout(credentials(), MAX_MS, late, { ref: false });
    return found === undefined ? undefined : copyOf(found ?? {});
  } catch (error) {
    if (error instanceof CacheCredentialsError) throw error;
    const reason =
      error instanceof ConfigDefinitionError ? `failed: ${error.message}` : `failed with ${errorName(error)}`;
    throw new CacheCredentialsError(reason);
  }
}

/** A checked copy. The application may change its own object later, and a class in JavaScript may return anything. */
function copyOf(found: { [Name in keyof CacheCredentials]?: unknown }): CacheCredentials {
  const { user = '', password = '', expiresAt } = found;
  if (password === '') throw new CacheCredentialsError('returned no password');
  if (!isText(user) || !isText(password)) {
    throw new CacheCredentialsError('returned a user or a password that is not text');
  }
  if (expiresAt === undefined) return Object.freeze({ user, password });
  if (!types.isDate(expiresAt) || Number.isNaN(new Date(expiresAt).getTime())) {
    throw new CacheCredentialsError('returned an expiresAt that is not a valid Date');
  }
  const copy = Object.freeze({ user, password, expiresAt: new Date(expiresAt) });
  if (msUntil(copy.expiresAt) <= 0) throw new CacheCredentialsError('returned credentials that have expired');
  return copy;
}

/** Half of a surrogate pair cannot be sent. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value);
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
 * Logs in again on an open connection before the credentials expire. If every attempt fails, the server may close the
 * connection; the next one asks for new credentials.
 */
export async function keepLoggedIn(
  client: RedisClient,
  server: RedisAccess,
  { expiresAt }: CacheCredentials,
  onFailure: (error: unknown) => void,
): Promise<void> {
  const closed = new AbortController();
  for (const event of ['end', 'error']) client.once(event, () => closed.abort());
  const { signal } = closed;
  while (expiresAt !== undefined) {
    const ms = Math.min(MAX_PAUSE_MS, Math.max(MIN_PAUSE_MS, msUntil(expiresAt) * RENEW_AT));
    await delay(ms, undefined, { ref: false, signal }).catch(() => undefined);
    if (signal.aborted || !client.isOpen) return;
    try {
      const next = await askCredentials(server);
      if (next === undefined) return;
      await client.sendCommand(['AUTH', ...(next.user ? [next.user] : []), next.password]);
      expiresAt = next.expiresAt;
    } catch (error) {
      // Tried again as long as the connection is open.
      if (client.isOpen) onFailure(error);
    }
  }
}

function msUntil(time: Date): number {
  return time.getTime() - Date.now();
}
