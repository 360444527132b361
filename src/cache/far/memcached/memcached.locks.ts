import * as Memjs from 'memjs';

// Clocks agree within a second or so.
const CLOCKS_MS = 2000;

/** Takes a lock on memcached, which does not say when a key ends: what somebody else put there may have no end. */
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

/** An owner, and when its lock ends unless it is extended. */
function lockValue(owner: string, ms: number): string {
  return `${owner} ${Date.now() + ms}`;
}

function isExpired(lock: Buffer): boolean {
  const until = Number(lock.toString().split(' ')[1]);
  return !(until + CLOCKS_MS > Date.now());
}
