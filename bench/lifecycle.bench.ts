import { atLeast, count, times, type Finding } from './support/finding.js';
import { MeasuredServer } from './support/measured-server.js';
import { interleave } from './support/rounds.js';
import { medianOf, ratioOf } from './support/statistics.js';

// A process may be slightly faster or slower than another of the same program for its whole lifetime.
const PROCESSES = 5;

/** What does a request cost more if `shutdownGracefully()` observes it, with probes in front of the application? */
export async function lifecycle(): Promise<Finding[]> {
  return [await compare('express'), await compare('fastify')];
}

async function compare(adapter: string): Promise<Finding> {
  const observed: number[] = [];
  const plain: number[] = [];
  for (let started = 0; started < PROCESSES; started++) {
    const servers = {
      observed: await MeasuredServer.start('lifecycle.process', [adapter, 'observed'], () => '/x'),
      plain: await MeasuredServer.start('lifecycle.process', [adapter, 'plain'], () => '/x'),
    };
    const sides = {
      observed: () => servers.observed.requestsPerSecond(),
      plain: () => servers.plain.requestsPerSecond(),
    };
    await interleave(18, sides);
    const taken = await interleave(40, sides);
    observed.push(...taken.observed);
    plain.push(...taken.plain);
    await Promise.all([servers.observed.stop(), servers.plain.stop()]);
  }
  const ratio = ratioOf(observed, plain);
  return {
    measured: `${adapter}, observed requests vs others`,
    result: times(ratio),
    goal: atLeast(ratio, 0.98),
    figures: `${count(medianOf(observed))} of ${count(medianOf(plain))} requests per CPU second`,
  };
}
