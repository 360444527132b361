import { cheapestEncoding } from './cheapest-encoding.js';
import { digestOf } from './digests.js';
import { bytesOf, isHex, textOf, unwrapKey } from './encoded-text.js';
import { knownForm } from './known-forms.js';
import { publicationOf } from './published-keys.js';

/** Why a key is too weak to sign with. Never quotes the key. */
export interface Weakness {
  /** Continues the setting's name. */
  readonly message: string;
  /** What to do instead of making another key. */
  readonly fix?: string;
}

const MIN_BYTES = 32;
const MIN_DISTINCT_CHARACTERS = 10;

/** The minimum number of random bits in a key. */
const MIN_CHANCE_BITS = 128;

/** The minimum number of bits that a pattern must save to count. About one random key in 100,000 saves more. */
const MIN_SAVED_BITS = 11;

/** The beginning of a key is enough, and some searches take quadratic time. */
const MAX_CHARACTERS = 256;

/** Words in placeholders, too long to occur in a random key by chance. */
const PLACEHOLDER = /change.?me|insecure|example/i;

/** A short secret that was repeated to make it long enough. */
const WRITTEN_TWICE = /(.{12}).*\1/;

/** Why a key is too weak to sign with, or undefined when it is strong. */
export function weaknessOf(key: string): Weakness | undefined {
  const { nonSecret, decoded } = classifyKey(key);
  if (nonSecret !== undefined) return nonSecret;
  const text = unwrapKey(key);
  const message = faultOf(key, text) ?? (decoded === undefined ? predictabilityOf(text) : undefined);
  if (message !== undefined) return { message };
  const inner = decoded === undefined ? undefined : weaknessOf(decoded);
  return inner && { ...inner, message: `decodes to text that ${inner.message}` };
}

/** Describes a text that is public or not a key. Undefined if it may be a secret, weak or strong. */
export function nonSecretOf(text: string): Weakness | undefined {
  const { nonSecret, decoded } = classifyKey(text);
  return nonSecret ?? (decoded === undefined ? undefined : nonSecretOf(decoded));
}

/** The known form or publication of a key, and the text that it encodes. */
function classifyKey(key: string): { readonly nonSecret?: Weakness; readonly decoded?: string } {
  const trimmed = key.trim();
  const bytes = bytesOf(unwrapKey(trimmed));
  const decoded = bytes && textOf(bytes);
  // A supposed prefix may be the beginning of a digest in base64url.
  const whole = bytesOf(trimmed);
  const published = publicationOf(trimmed, bytes) ?? (bytes && digestOf(bytes)) ?? (whole && digestOf(whole));
  const nonSecret =
    knownForm(trimmed, bytes) ?? (published && { message: `is not a secret: it ${published}` });
  // Small buffers are slices of Node's shared pool, so clear them.
  bytes?.fill(0);
  whole?.fill(0);
  return { ...(nonSecret ? { nonSecret } : {}), ...(decoded === undefined ? {} : { decoded }) };
}

/** What is wrong with a key, apart from predictability. */
function faultOf(key: string, text: string): string | undefined {
  if (key !== key.trim()) return 'begins or ends with white space';
  if (byteLength(text) < MIN_BYTES) return `is too short: it must hold at least ${MIN_BYTES} random bytes`;
  return PLACEHOLDER.test(key) ? 'looks like a placeholder that was never replaced' : undefined;
}

/** Why a key's characters are predictable, if they are. */
function predictabilityOf(key: string): string | undefined {
  const text = key.slice(0, MAX_CHARACTERS);
  if (new Set(text).size < MIN_DISTINCT_CHARACTERS) {
    return `is too uniform: it has fewer than ${MIN_DISTINCT_CHARACTERS} different characters`;
  }
  if (WRITTEN_TWICE.test(text)) return 'is too predictable: it repeats itself';
  const { savedBits, chanceBits, finding } = cheapestEncoding(text);
  return savedBits >= MIN_SAVED_BITS && chanceBits < MIN_CHANCE_BITS
    ? `is too predictable: it ${finding}`
    : undefined;
}

// Base64 is not decoded for this: a random password of 32 letters would lose a quarter of its bytes.
function byteLength(text: string): number {
  return isHex(text) ? text.length / 2 : Buffer.byteLength(text);
}
