import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { ConcurrencyLimit } from './concurrency.limit.js';

const scryptAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** Two of the four threads of Node.js remain for files and host names. Sixteen that wait take about 2 s. */
const hashing = new ConcurrencyLimit(2, 16);
const derive = (...args: Parameters<typeof scryptAsync>) => hashing.run(() => scryptAsync(...args));

/** A configuration that OWASP recommends: 16 MiB for each hash in progress. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** Compared if the account does not exist, so that this takes as long as a wrong password. No password has this hash. */
const NOBODYS_HASH = written(Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES));

/** The hash together with its salt and cost, so that a later version can raise the cost. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return written(salt, await derive(password, salt, HASH_BYTES, COST));
}

export async function passwordMatches(password: string, stored = NOBODYS_HASH): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = stored.split('$');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), HASH_BYTES, cost);
  return timingSafeEqual(derived, Buffer.from(hash, 'base64url'));
}

function written(salt: Buffer, hash: Buffer): string {
  const { N, r, p } = COST;
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}
