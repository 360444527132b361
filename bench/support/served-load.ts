import type { INestApplication } from '@nestjs/common';
import { cpuTime } from './cpu-time.js';

/** Listens, and tells the measuring process the port. */
export async function serveLoad(app: INestApplication): Promise<void> {
  const server = await app.listen(0, '0.0.0.0');
  // Requested before and after a round: the difference is the CPU time of the round.
  process.on('message', () => process.send?.(cpuTime()));
  process.on('disconnect', () => process.exit());
  process.send?.((server.address() as { port: number }).port);
}
