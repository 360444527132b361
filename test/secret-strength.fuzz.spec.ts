import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isRefused } from './support/key-strength.js';
import { SECRET_KEY } from './support/keys.js';
import { runs } from './support/runs.js';

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
  it('are refused at most once in 10,000, in five encodings', () => {
    const refused = ENCODINGS.flatMap((encoding) => refusedOf(runs(20_000), encoding));
    expect(refused.length, refused.join('\n')).toBeLessThanOrEqual(runs(10));
  });

  it('are refused at most once in 12,000, in twelve other encodings', () => {
    const refused = OTHER_ENCODINGS.flatMap((encoding) => refusedOf(runs(1000), encoding));
    expect(refused.slice(1), refused.join('\n')).toEqual([]);
  });
});
