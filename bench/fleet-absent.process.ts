import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { startSharing } from './support/shared-cache.app.js';

const CROWD = 100;

const [, , side = '', url = '', keys] = process.argv;
const app = await startSharing(side, url);
const cache = app.get<Cache>(CACHE_MANAGER, { strict: false });

await askUpTo(CROWD);
const before = heapAfterGc();
await askUpTo(Number(keys));
process.stdout.write(JSON.stringify(heapAfterGc() - before), () => process.exit());

async function askUpTo(count: number): Promise<void> {
  for (let first = 0; first < count; first += CROWD) {
    await Promise.all(Array.from({ length: CROWD }, (_, member) => cache.get(`absent:${first + member}`)));
  }
}

function heapAfterGc(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}
