import { createClient } from '@redis/client';
import { onTestFinished } from 'vitest';

export type RedisClient = Awaited<ReturnType<typeof redisClient>>;

/** A connection of the test's own, beside those of the library; closed when the test ends. */
export async function redisClient(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  return client;
}

/** Says to a Redis what the library would not. */
export async function rawRedis(url: string): Promise<(...command: string[]) => Promise<unknown>> {
  const client = await redisClient(url);
  return (...command) => client.sendCommand(command);
}
