/** What `sha256sum` and `openssl dgst` print around a digest. */
const DIGEST_OUTPUT = /^(?:[^=]{0,40}\([^)]{0,99}\) ?= ?)?([\da-f]{32,})(?: [ *].*)?$/i;

/**
 * A key without line breaks, the dashes of UUIDs, `0x`, the padding of base64, a prefix before a whole key, and what
 * commands print around a digest.
 */
export function unwrapKey(key: string): string {
  const text = key.replace(/\r?\n/g, '').replace(DIGEST_OUTPUT, '$1');
  if (/^[\da-f-]+$/i.test(text)) return text.replaceAll('-', '');
  return text
    .replace(/^0x(?=[\da-f]+$)/i, '')
    .replace(/^(?:[a-z\d]+[-_.:])+(?=[\w+/-]{43,}=*$)/, '')
    .replace(/^([\w+/-]+)=+$/, '$1');
}

export const isHex = (text: string) => /^(?:[\da-f]{2})+$/i.test(text);
const isBase64 = (text: string) => /^[\w+/-]+$/.test(text);

/** The bytes that an unwrapped key encodes, if it is hex or base64. The caller clears them. */
export function bytesOf(text: string): Buffer | undefined {
  if (isHex(text)) return Buffer.from(text, 'hex');
  return isBase64(text) ? Buffer.from(text, 'base64') : undefined;
}

const TEXT = /^(?:[\t\r\n]|[^\p{C}\uFFFD])+$/u;
/** Scripts whose UTF-16 bytes a random key does not have by chance: Latin to Arabic, or sixteen characters of CJK. */
const UTF_16_TEXT =
  /^\uFEFF?(?:[\t\r\n -~\u00a0-\u06ff\u2010-\u20bf]+|[\t\r\n -~\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]{16,}|[\t\r\n -~\uac00-\ud7a3]{16,})$/;
const LATIN_1_TEXT = /^[\t\r\n -~\u00c0-\u00ff]+$/;

/** The text that bytes encode in UTF-8, UTF-16 or Latin-1; random bytes encode none. */
export function textOf(bytes: Buffer): string | undefined {
  const text = utf8Of(bytes) ?? utf16Of(bytes) ?? latin1Of(bytes);
  // Trimming removes a byte order mark, too.
  return text?.trim();
}

function utf8Of(bytes: Buffer): string | undefined {
  const text = bytes.toString();
  return TEXT.test(text.trim()) ? text : undefined;
}

function utf16Of(bytes: Buffer): string | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const swapped = Buffer.from(bytes).swap16();
  const text = [bytes, swapped]
    .map((units) => units.toString('utf16le'))
    .find((units) => UTF_16_TEXT.test(units));
  swapped.fill(0);
  return text;
}

function latin1Of(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  if (!LATIN_1_TEXT.test(text)) return undefined;
  return text.replace(/[^ -~]/g, '').length * 8 >= text.length * 7 ? text : undefined;
}
