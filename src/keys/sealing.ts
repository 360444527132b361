import { createCipheriv, createDecipheriv, createHmac, type KeyObject } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const SALT_BYTES = 16;
const TAG_BYTES = 16;
// Each salt has a key of its own, so that one nonce is enough.
const NONCE = Buffer.alloc(12);

/**
 * Encrypts a well-formed text by AES-256-GCM, bound to its context. The same text gives the same result, so that caches can
 * share the responses that contain it. The result shows the length of the text and whether two texts are the same, and
 * nothing else. It is base64url, 42 or 43 characters longer than the text in that form.
 */
export function seal(key: KeyObject, text: string, context: string): string {
  const salt = hmac(key, `salt ${context.length} ${context}${text}`).subarray(0, SALT_BYTES);
  const cipher = createCipheriv(CIPHER, hmac(key, 'key ', salt), NONCE, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([salt, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return sealed.toString('base64url');
}

/** A text, and the index of the key that sealed it. */
interface Unsealed {
  readonly text: string;
  readonly index: number;
}

/** The text that one of the keys sealed for this context; undefined if none did. The input may be untrusted. */
export function unseal(keys: readonly KeyObject[], sealed: string, context: string): Unsealed | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  // Four different texts decode to the same bytes.
  if (bytes.length < SALT_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined;
  for (const [index, key] of keys.entries()) {
    const cipherKey = hmac(key, 'key ', bytes.subarray(0, SALT_BYTES));
    const decipher = createDecipheriv(CIPHER, cipherKey, NONCE, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(SALT_BYTES, -TAG_BYTES));
      return { text: Buffer.concat([text, decipher.final()]).toString(), index };
    } catch {
      // Another key sealed it, or none.
    }
  }
  return undefined;
}

function hmac(key: KeyObject, label: string, bytes: Uint8Array = Buffer.alloc(0)): Buffer {
  return createHmac('sha256', key).update(label).update(bytes).digest();
}
