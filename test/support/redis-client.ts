import { createClient, createCluster } from '@redis/client';
import { onTestFinished } from 'vitest';

export type RedisClient = Awaited<ReturnType<typeof redisClient>>;
export type ClusterClient = Awaited<ReturnType<typeof clusterClient>>;

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

/** Like `redisClient`, for a cluster, whose client finds the master of each key. */
export async function clusterClient(url: string) {
  const client = createCluster({ rootNodes: [{ url }] });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}
