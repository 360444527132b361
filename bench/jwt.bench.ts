import { duel, speedOf } from './support/duel.js';
import { atLeast, type Finding } from './support/finding.js';

/** How much faster are tokens with the keys of the ring than with `secret: string`, and what does a signature cost? */
export async function jwt(): Promise<Finding[]> {
  const results = await duel('jwt.process', {
    operations: ['verifyToken', 'verifyOldToken', 'signToken', 'sign', 'verify'],
    warmUpRounds: 3,
    rounds: 10,
    pairs: 4,
  });
  const { verifyToken } = results;
  return [
    {
      ...speedOf('jwt.verify vs secret: string', verifyToken),
      goal: atLeast(verifyToken.speed, 10),
    },
    speedOf('jwt.verify, legacy secret, no kid, 3rd of 4 keys', results.verifyOldToken),
    speedOf('jwt.sign vs secret: string', results.signToken),
    speedOf('keys.sign vs createHmac with the secret', results.sign),
    speedOf('keys.verify vs createHmac with the secret', results.verify),
  ];
}
