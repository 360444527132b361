import type { Crowd } from './cold-gets.process.js';
import { count, type Finding } from './support/finding.js';
import { readProgram } from './support/measured-process.js';

/** How often does a handler run for concurrent requests of an uncached response? */
export async function coldGets(): Promise<Finding[]> {
  const ours = await readProgram<Crowd>('cold-gets.process', ['ours']);
  const stock = await readProgram<Crowd>('cold-gets.process', ['stock']);
  return [
    {
      measured: `${count(ours.answers)} concurrent cold GETs: runs of the handler`,
      result: count(ours.handlerRuns),
      goal: { text: 'once', held: ours.handlerRuns === 1 },
      figures: `stock CacheInterceptor ${count(stock.handlerRuns)}`,
    },
  ];
}
