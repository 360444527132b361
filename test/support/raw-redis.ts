import { createClient } from '@redis/client';
import { onTestFinished } from 'vitest';

/** A client that says to a Redis what the library would not; closed when the test ends. */
export async function rawRedis(url: string): Promise<(...command: string[]) => Promise<unknown>> {
  const client = createClient({ url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.destroy());
  return (...command) => client.sendCommand(command);
}
