import { duel } from './support/duel.js';
import { atMost, times, type Finding } from './support/finding.js';
import { readProgram } from './support/measured-process.js';
import { interleave } from './support/rounds.js';
import { medianOf, ratioOf } from './support/statistics.js';

/** Does an application start as fast as with ConfigModule and CacheModule wired by hand? */
export async function boot(): Promise<Finding[]> {
  return [await contexts(), await processes(''), await processes('-groups')];
}

/** The time of the modules themselves, when everything is imported and warm. For information: it delays no deployment. */
async function contexts(): Promise<Finding> {
  const { boot: result } = await duel('boot.process', {
    operations: ['boot'],
    warmUpRounds: 20,
    rounds: 20,
    pairs: 3,
  });
  const milliseconds = (time: number) => `${time.toFixed(2)} ms`;
  return {
    measured: 'createApplicationContext, warm: time',
    result: times(result.time),
    figures: `${milliseconds(result.ours)}, stock ${milliseconds(result.stock)}`,
  };
}

const APPS = { '': 'process start until the context is up', '-groups': 'with 60 settings in 8 groups' };

/** As in a deployment: a new process with all its imports. */
async function processes(kind: keyof typeof APPS): Promise<Finding> {
  const start = (side: string) => () => readProgram<number>('boot.start', [side]);
  const sides = { ours: start(`ours${kind}`), stock: start(`stock${kind}`), bare: start('bare') };
  await interleave(1, sides);
  const { ours, stock, bare } = await interleave(15, sides);
  const ratio = ratioOf(ours, stock);
  const milliseconds = (durations: number[]) => `${medianOf(durations).toFixed(0)} ms`;
  return {
    measured: `${APPS[kind]}: wall time`,
    result: times(ratio),
    goal: atMost(ratio, 1.2),
    figures: `${milliseconds(ours)}, stock ${milliseconds(stock)}, Nest alone ${milliseconds(bare)}`,
  };
}
