import { deflateRawSync } from 'node:zlib';

const MIN_BYTES = 32;
const MIN_DISTINCT_CHARACTERS = 10;
const MIN_DEFLATE_RATIO = 0.7;
const HEX = /^(?:[0-9a-f]{2})+$/i;

const PLACEHOLDER =
  /change.?(?:me|this|it)|secret|password|passwd|example|placeholder|default|insecure|keyboard|qwerty|replace|sample|production|develop|please|your.?(?:key|256|512)|lorem|admin/i;

/** Why a key is too weak to sign with, or undefined when it is strong. The answer never quotes the key. */
export function weaknessOf(key: string): string | undefined {
  if (key !== key.trim()) return 'begins or ends with white space';
  const bytes = decoded(key);
  if (bytes.length < MIN_BYTES) {
    return `is too short: it must hold at least ${MIN_BYTES} random bytes`;
  }
  if (PLACEHOLDER.test(key)) {
    return 'looks like a placeholder: it contains an ordinary word';
  }
  if (new Set(key).size < MIN_DISTINCT_CHARACTERS) {
    return `is too uniform: it has fewer than ${MIN_DISTINCT_CHARACTERS} different characters`;
  }
  if (isPeriodic(key)) {
    return 'repeats itself';
  }
  if (isCompressible(HEX.test(key) ? bytes : Buffer.from(key, 'utf8'))) {
    return 'is too predictable: it compresses well, so it is not random';
  }
  return undefined;
}

/**
 * The bytes behind an encoded key. Only whole hex, and base64 long enough for a full key, are decoded: a random
 * alphanumeric password of 32 characters would lose a quarter of its bytes to a decoder.
 */
function decoded(key: string): Buffer {
  if (HEX.test(key)) return Buffer.from(key, 'hex');
  if (/^[\w+/-]{43,}={0,2}$/.test(key)) return Buffer.from(key, 'base64');
  return Buffer.from(key, 'utf8');
}

// Hex spends two characters on a byte, so only its bytes can be judged; other text is judged as it is written.
function isCompressible(bytes: Buffer): boolean {
  return deflateRawSync(bytes, { level: 9 }).length < MIN_DEFLATE_RATIO * bytes.length;
}

function isPeriodic(key: string): boolean {
  return (key + key).indexOf(key, 1) < key.length;
}
