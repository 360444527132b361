import { startRedis } from '../test/support/cache-servers.js';
import { count, mebibytes, type Finding } from './support/finding.js';
import { readProgram } from './support/measured-process.js';
import type { Spread } from './support/statistics.js';

const WORKERS = 10_000;

interface Measured {
  readonly snapshot: Spread;
  readonly bytes: number;
  readonly cpu: number;
}

/** What does it cost that the workers of a large service report to each other? */
export async function fleetWorkers(): Promise<Finding[]> {
  const server = await startRedis();
  if (server === undefined) {
    const figures = 'no redis-server on this machine, and no REDIS_URL';
    return [{ measured: 'NOT MEASURED: there is no Redis', result: '', figures }];
  }
  try {
    const { snapshot, bytes, cpu } = await readProgram<Measured>('fleet-workers.process', [
      server.url,
      String(WORKERS),
    ]);
    const workers = `${count(WORKERS)} workers in 5 states of 3 releases`;
    return [
      {
        measured: `${workers}: a snapshot`,
        result: `${snapshot.median.toFixed(2)} ms (${snapshot.min.toFixed(2)} to ${snapshot.max.toFixed(2)})`,
        goal: { text: 'at most 10 ms', held: snapshot.median <= 10 },
        figures: 'elapsed time, with the round trip to Redis',
      },
      {
        measured: `${workers}: memory of Redis`,
        result: mebibytes(bytes),
        goal: { text: 'at most 5 MB', held: bytes <= 5e6 },
        figures: `${count(bytes / WORKERS)} bytes per worker`,
      },
      {
        measured: 'a report: CPU time of the process',
        result: `${cpu.toFixed(2)} ms`,
        goal: { text: 'at most 1 ms', held: cpu <= 1 },
        figures: 'each worker reports every 5 s; that of one of them takes a snapshot, too',
      },
    ];
  } finally {
    await server.stop();
  }
}
