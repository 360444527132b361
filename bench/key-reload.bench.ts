import { duel, speedOf } from './support/duel.js';
import { atLeast, type Finding } from './support/finding.js';

/** What does SECRET_KEY_RELOAD_SECONDS cost while no file changes, compared with reading the files each time? */
export async function keyReload(): Promise<Finding[]> {
  const { look } = await duel('key-reload.process', {
    operations: ['look'],
    warmUpRounds: 3,
    rounds: 10,
    pairs: 4,
  });
  return [
    {
      ...speedOf('a look at two unchanged key files vs readFileSync', look),
      goal: atLeast(look.speed, 2),
    },
  ];
}
