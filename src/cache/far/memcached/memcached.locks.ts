import type * as Memjs from 'memjs';

// Allows for clocks that differ by a second or so.
const CLOCKS_MS = 2000;

/** Takes a lock. memcached does not report a key's ttl, and a foreign value under this key may never expire. */
export async function takeLock(
  client: Memjs.Client,
  name: string,
  owner: string,
  ms: number,
): Promise<boolean> {
  if (await client.add(name, lockValue(owner, ms), { expires: Math.ceil(ms / 1000) })) return true;
  const { value } = await client.get(name);
  if (value !== null && isExpired(value)) await client.delete(name);
  return false;
}

export async function extendLock(
  client: Memjs.Client,
  name: string,
  owner: string,
  ms: number,
): Promise<void> {
  await client.replace(name, lockValue(owner, ms), { expires: Math.ceil(ms / 1000) });
}

export async function releaseLock(client: Memjs.Client, name: string, owner: string): Promise<void> {
  const { value } = await client.get(name);
  if (value?.toString().startsWith(owner) === true) await client.delete(name);
}

/** The owner of a lock, and when it expires unless extended. */
function lockValue(owner: string, ms: number): string {
  return `${owner} ${Date.now() + ms}`;
}

function isExpired(lock: Buffer): boolean {
  const until = Number(lock.toString().split(' ')[1]);
  return !(until + CLOCKS_MS > Date.now());
}
