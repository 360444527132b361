import { describe, expect, it } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import { isRefused } from './support/key-strength.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';
import { WEAK_KEYS } from './support/weak-keys.js';

const kinds = Object.entries(WEAK_KEYS).map(([kind, keys]): [number, string, readonly string[]] => [
  keys.length,
  kind,
  keys,
]);
const weakKeys = Object.values(WEAK_KEYS).flat();

it('accepts the keys of the tests', () => {
  expect([SECRET_KEY, ...OTHER_KEYS].filter((key) => isRefused(key))).toEqual([]);
});

describe('keys as people write them', () => {
  it(`are ${weakKeys.length} different ones, each of 32 bytes or more`, () => {
    expect(weakKeys.filter((key) => Buffer.byteLength(key) < 32)).toEqual([]);
    expect(weakKeys.filter((key, i) => weakKeys.indexOf(key) < i)).toEqual([]);
    expect(weakKeys.length).toBeGreaterThanOrEqual(260);
  });

  it.each(kinds)('refuses all of %i bad keys: %s', (_count, _kind, keys) => {
    expect(keys.filter((key) => !isRefused(key))).toEqual([]);
  });

  it.each([
    ['the-quick-brown-fox-jumps-over-the-lazy-dog', 'is too predictable: it is made of words'],
    ['Sup3rS3cr3tP@ssphr4s3F0rTh3W3bS1t3!!', 'is too predictable: it is made of words'],
    ['1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,', 'is too predictable: it follows the keyboard'],
    ['a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6', 'is too predictable: it follows a sequence'],
    ['3.14159265358979323846264338327950288', 'is too predictable: it is made of numbers'],
    ['T7gWq1T7gWq2T7gWq3T7gWq4T7gWq5T7gWq6', 'is too predictable: it repeats itself'],
    ['xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'is too uniform'],
    ['f47ac10b-58cc-4372-a567-0e02b2c3d479', 'is too short'],
    [
      '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
      'it appears in public documentation',
    ],
    ['CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET', 'looks like a placeholder that was never replaced'],
  ])('says of %s: %s', (key, text) => {
    const report = reportOf(() => ProductionConfig.load({ SECRET_KEY: key }));
    expect(report).toContain(text);
    expect(report).not.toContain(key);
  });
});
