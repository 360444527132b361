import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

/** A configuration that OWASP recommends: 16 MiB for each hash in progress, and Node.js runs four at a time. */
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
