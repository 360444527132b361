import { duel, type Duel } from './support/duel.js';
import { atLeast, times, type Finding } from './support/finding.js';

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
      ...describe('jwt.verify, to secret: string', verifyToken),
      goal: atLeast(verifyToken.speed, 10),
    },
    describe('jwt.verify, acceptRaw, no kid, 3rd of 4 keys', results.verifyOldToken),
    describe('jwt.sign, to secret: string', results.signToken),
    describe('keys.sign, to createHmac with the secret', results.sign),
    describe('keys.verify, to createHmac with the secret', results.verify),
  ];
}

function describe(measured: string, { speed, ours, stock }: Duel): Finding {
  const microseconds = (milliseconds: number) => `${(milliseconds * 1000).toFixed(1)} us`;
  return {
    measured: `${measured}: speed`,
    result: times(speed),
    beside: `${microseconds(ours)}, stock ${microseconds(stock)}`,
  };
}
