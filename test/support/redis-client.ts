import { createClient, createCluster } from '@redis/client';
import { onTestFinished } from 'vitest';

export type RedisClient = Awaited<ReturnType<typeof redisClient>>;

/** A separate connection of the test; it is closed when the test ends. */
export async function redisClient(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}

/** Sends commands to a Redis that the library does not send. */
export async function rawRedis(url: string): Promise<(...command: string[]) => Promise<unknown>> {
  const client = await redisClient(url);
  return (...command) => client.sendCommand(command);
}

/** A client of entries: of a server, or of a cluster, whose client finds the master of each key. */
export type EntriesClient = Awaited<ReturnType<typeof entriesClient>>;

/** Like `redisClient`, for the servers of an arrangement. */
export async function entriesClient({
  serverUrl,
  isCluster = false,
}: {
  serverUrl: string;
  isCluster?: boolean;
}) {
  if (!isCluster) return redisClient(serverUrl);
  const client = createCluster({ rootNodes: [{ url: serverUrl }] });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}
