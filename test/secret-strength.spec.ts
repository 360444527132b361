import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, ProductionConfig } from 'nestjs-production-config';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';
import { WEAK_KEYS } from './support/weak-keys.js';

function isRefused(key: string, fallbacks: readonly string[] = []): boolean {
  try {
    ProductionConfig.load({ SECRET_KEY: key, SECRET_KEY_FALLBACKS: JSON.stringify(fallbacks) });
    return false;
  } catch (error) {
    if (error instanceof ConfigError && error.problems[0]?.code === 'weak') return true;
    throw error;
  }
}

const kinds = Object.entries(WEAK_KEYS).map(([kind, keys]): [number, string, readonly string[]] => [
  keys.length,
  kind,
  keys,
]);
const weakKeys = Object.values(WEAK_KEYS).flat();

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

/** Random numbers that are the same in every run. */
class SeededRandom {
  private readonly cipher;
  private bytes = Buffer.alloc(0);

  constructor(seed: string) {
    this.cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  }

  take(count: number): Buffer {
    if (this.bytes.length < count) this.bytes = this.cipher.update(Buffer.alloc(65_536));
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    return taken;
  }

  /** A whole number below `limit`, each as likely as the others. */
  below(limit: number): number {
    for (;;) {
      const byte = this.take(1).readUInt8();
      if (byte < 256 - (256 % limit)) return byte % limit;
    }
  }

  text(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet.charAt(this.below(alphabet.length))).join('');
  }

  uuid(): string {
    const bytes = this.take(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGITS = '0123456789';
const PRINTABLE = String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i));

type Encoding = [name: string, make: (random: SeededRandom) => string];

const BATCH = 100;

// Many fallbacks at once, because load() takes about as long as the rule.
function refusedOf(count: number, [name, make]: Encoding): string[] {
  const random = new SeededRandom(`secret-strength ${name}`);
  return Array.from({ length: count / BATCH }, () => {
    const keys = Array.from({ length: BATCH }, () => make(random));
    return isRefused(SECRET_KEY, keys) ? keys.filter((key) => isRefused(key)) : [];
  }).flat();
}

const ENCODINGS: Encoding[] = [
  ['hexadecimal of 32 bytes', (random) => random.take(32).toString('hex')],
  ['base64 of 32 bytes', (random) => random.take(32).toString('base64')],
  ['base64url of 32 bytes', (random) => random.take(32).toString('base64url')],
  ['32 to 64 letters and digits', (random) => random.text(LOWER + UPPER + DIGITS, 32 + random.below(33))],
  ['40 printable characters', (random) => random.text(PRINTABLE, 40)],
];

const OTHER_ENCODINGS: Encoding[] = [
  ['base32', (random) => random.text(`${UPPER}234567`, 52)],
  ['two UUIDs', (random) => `${random.uuid()}-${random.uuid()}`],
  ['two UUIDs without dashes', (random) => (random.uuid() + random.uuid()).replaceAll('-', '')],
  ['base58', (random) => random.text((DIGITS + UPPER + LOWER).replace(/[0IOl]/g, ''), 44)],
  ['hexadecimal of 64 bytes', (random) => random.take(64).toString('hex')],
  ['base64 of 48 bytes', (random) => random.take(48).toString('base64')],
  ['base64 of 64 bytes', (random) => random.take(64).toString('base64')],
  ["Laravel's", (random) => `base64:${random.take(32).toString('base64')}`],
  ["Django's", (random) => random.text(`${LOWER}${DIGITS}!@#$%^&*(-_=+)`, 50)],
  ['64 lower-case letters and digits', (random) => random.text(LOWER + DIGITS, 64)],
  ['base64 of hexadecimal', (random) => Buffer.from(random.take(32).toString('hex')).toString('base64')],
  ['behind a prefix', (random) => `my-shop_live_${random.take(32).toString('base64url')}`],
];

describe('random keys', () => {
  it('refuses at most 10 of 100,000 random keys in five encodings', () => {
    const refused = ENCODINGS.flatMap((encoding) => refusedOf(20_000, encoding));
    expect(refused, refused.join('\n')).toHaveProperty(
      'length',
      expect.toSatisfy((n: number) => n <= 10),
    );
  });

  it('refuses at most 1 of 12,000 random keys in twelve other encodings', { timeout: 60_000 }, () => {
    const refused = OTHER_ENCODINGS.flatMap((encoding) => refusedOf(1000, encoding));
    expect(refused.slice(1), refused.join('\n')).toEqual([]);
  });

  it('accepts the keys of the tests', () => {
    expect([SECRET_KEY, ...OTHER_KEYS].filter((key) => isRefused(key))).toEqual([]);
  });
});
