import { PUBLISHED_KEYS } from './published-keys.js';
import { cheapestReading } from './cheapest-reading.js';

const MIN_BYTES = 32;
const MIN_DISTINCT_CHARACTERS = 10;

/** So many bits of a key must be left to chance. */
const MIN_CHANCE_BITS = 128;

/** So many bits a pattern must save before it counts; about one random key in 100,000 saves more. */
const MIN_SAVED_BITS = 11;

/** The beginning of a key tells enough, and some searches take the square of its length. */
const MAX_CHARACTERS = 256;

/** What some keys say of themselves, in words too long to turn up in a random one. */
const PLACEHOLDER = /change.?me|insecure|example/i;

/** A short secret that was written several times, to make it long enough. */
const WRITTEN_TWICE = /(.{12}).*\1/;

/** Why a key is too weak to sign with, or undefined when it is strong. The answer never quotes the key. */
export function weaknessOf(key: string): string | undefined {
  if (key !== key.trim()) return 'begins or ends with white space';
  const text = unwrapped(key.slice(0, MAX_CHARACTERS));
  if (byteLength(text) < MIN_BYTES) return `is too short: it must hold at least ${MIN_BYTES} random bytes`;
  if (PLACEHOLDER.test(key)) return 'looks like a placeholder that was never replaced';
  if (PUBLISHED_KEYS.test(key)) return 'is no secret: it stands in public documentation';
  const decoded = decodedText(text);
  if (decoded !== undefined) return weaknessOf(decoded);
  if (new Set(text).size < MIN_DISTINCT_CHARACTERS) {
    return `is too uniform: it has fewer than ${MIN_DISTINCT_CHARACTERS} different characters`;
  }
  if (WRITTEN_TWICE.test(text)) return 'is too predictable: it repeats itself';
  const { savedBits, chanceBits, finding } = cheapestReading(text);
  return savedBits >= MIN_SAVED_BITS && chanceBits < MIN_CHANCE_BITS
    ? `is too predictable: it ${finding}`
    : undefined;
}

/** Without the dashes of UUIDs, the padding of base64, and a prefix such as `base64:` before a whole key. */
function unwrapped(key: string): string {
  if (/^[\da-f-]+$/i.test(key)) return key.replaceAll('-', '');
  return key.replace(/^(?:[a-z\d]+[-_.:])+(?=[\w+/-]{43,}=*$)/, '').replace(/^([\w+/-]+)=+$/, '$1');
}

const isHex = (text: string) => /^(?:[\da-f]{2})+$/i.test(text);
const isBase64 = (text: string) => /^[\w+/-]+$/.test(text);

// Base64 is not decoded for this: a random password of 32 letters would lose a quarter of its bytes.
function byteLength(text: string): number {
  return isHex(text) ? text.length / 2 : Buffer.byteLength(text);
}

/** The text that a key encodes; random bytes are no text. */
function decodedText(text: string): string | undefined {
  if (!isHex(text) && !isBase64(text)) return undefined;
  const bytes = Buffer.from(text, isHex(text) ? 'hex' : 'base64');
  const decoded = bytes.toString().trim();
  // Small buffers are parts of one that others get parts of.
  bytes.fill(0);
  return /^[^\p{C}\uFFFD]+$/u.test(decoded) ? decoded : undefined;
}
