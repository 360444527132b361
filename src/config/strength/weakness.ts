import { cheapestReading } from './cheapest-reading.js';
import { digestOf } from './digests.js';
import { bytesOf, isHex, textOf, unwrapped } from './encoded-text.js';
import { knownForm } from './known-forms.js';
import { publicationOf } from './published-keys.js';

/** Why a key is too weak to sign with. Never quotes the key. */
export interface Weakness {
  /** It goes on from the setting's name. */
  readonly message: string;
  /** What to do instead of making another key. */
  readonly fix?: string;
}

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

/** Why a key is too weak to sign with, or undefined when it is strong. */
export function weaknessOf(key: string): Weakness | undefined {
  const { nonSecret, decoded } = examined(key);
  if (nonSecret !== undefined) return nonSecret;
  const text = unwrapped(key);
  const message = faultOf(key, text) ?? (decoded === undefined ? predictabilityOf(text) : undefined);
  if (message !== undefined) return { message };
  const inner = decoded === undefined ? undefined : weaknessOf(decoded);
  return inner && { ...inner, message: `decodes to text that ${inner.message}` };
}

/** What a text is that everybody may have, or that is no key; undefined when it may be a secret, weak or strong. */
export function nonSecretOf(text: string): Weakness | undefined {
  const { nonSecret, decoded } = examined(text);
  return nonSecret ?? (decoded === undefined ? undefined : nonSecretOf(decoded));
}

/** What a key is known as, and the text that it encodes. */
function examined(key: string): { readonly nonSecret?: Weakness; readonly decoded?: string } {
  const trimmed = key.trim();
  const bytes = bytesOf(unwrapped(trimmed));
  const decoded = bytes && textOf(bytes);
  // What looks like a prefix may be the beginning of a digest in base64url.
  const whole = bytesOf(trimmed);
  const published = publicationOf(trimmed, bytes) ?? (bytes && digestOf(bytes)) ?? (whole && digestOf(whole));
  const nonSecret = knownForm(trimmed, bytes) ?? (published && { message: `is no secret: it ${published}` });
  // Small buffers are parts of one that others get parts of.
  bytes?.fill(0);
  whole?.fill(0);
  return { ...(nonSecret ? { nonSecret } : {}), ...(decoded === undefined ? {} : { decoded }) };
}

/** What is wrong with a key whatever its characters are. */
function faultOf(key: string, text: string): string | undefined {
  if (key !== key.trim()) return 'begins or ends with white space';
  if (byteLength(text) < MIN_BYTES) return `is too short: it must hold at least ${MIN_BYTES} random bytes`;
  return PLACEHOLDER.test(key) ? 'looks like a placeholder that was never replaced' : undefined;
}

/** What can be foreseen of a key's characters. */
function predictabilityOf(key: string): string | undefined {
  const text = key.slice(0, MAX_CHARACTERS);
  if (new Set(text).size < MIN_DISTINCT_CHARACTERS) {
    return `is too uniform: it has fewer than ${MIN_DISTINCT_CHARACTERS} different characters`;
  }
  if (WRITTEN_TWICE.test(text)) return 'is too predictable: it repeats itself';
  const { savedBits, chanceBits, finding } = cheapestReading(text);
  return savedBits >= MIN_SAVED_BITS && chanceBits < MIN_CHANCE_BITS
    ? `is too predictable: it ${finding}`
    : undefined;
}

// Base64 is not decoded for this: a random password of 32 letters would lose a quarter of its bytes.
function byteLength(text: string): number {
  return isHex(text) ? text.length / 2 : Buffer.byteLength(text);
}
