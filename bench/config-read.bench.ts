import { duel, type Duel } from './support/duel.js';
import { atLeast, times, type Finding } from './support/finding.js';

/** How much faster is a setting read from the injected configuration than from the stock ConfigService? */
export async function configRead(): Promise<Finding[]> {
  const results = await duel('config-read.process', {
    operations: ['setting', 'group', 'secret', 'service'],
    warmUpRounds: 3,
    rounds: 10,
    pairs: 4,
  });
  return [
    {
      ...describe("config.PAGE_SIZE, to get('PAGE_SIZE')", results.setting),
      goal: atLeast(results.setting.speed, 20),
    },
    {
      ...describe("config.mail.port of a group, to get('mail.port')", results.group),
      goal: atLeast(results.group.speed, 20),
    },
    describe("config.SECRET_KEY, to get('SECRET_KEY')", results.secret),
    describe("get('PAGE_SIZE') of our ConfigService", results.service),
  ];
}

function describe(measured: string, { speed, ours, stock }: Duel): Finding {
  const nanoseconds = (milliseconds: number) => `${(milliseconds * 1e6).toFixed(1)} ns`;
  const figures = `${nanoseconds(ours)}, stock ${nanoseconds(stock)}, the loop included`;
  return { measured: `${measured}: speed`, result: times(speed), figures };
}
