import { isUtf8 } from 'node:buffer';

/** Text, or the reason why the bytes are not UTF-8. The reason never quotes them. */
type Decoded = { readonly text: string } | { readonly reason: string; readonly fix: string };

const UTF16_LE = 'UTF-16 (little-endian)';
const UTF16_BE = 'UTF-16 (big-endian)';

/** Byte order marks, the longest first: the mark of UTF-32 begins with that of UTF-16. */
const MARKS: readonly (readonly [encoding: string, bytes: Buffer])[] = [
  ['UTF-32', Buffer.of(0xff, 0xfe, 0, 0)],
  ['UTF-32', Buffer.of(0, 0, 0xfe, 0xff)],
  [UTF16_LE, Buffer.of(0xff, 0xfe)],
  [UTF16_BE, Buffer.of(0xfe, 0xff)],
];

/** Decodes UTF-8 and removes the byte order mark. Other encodings are reported, not converted: a password must not change. */
export function decodeText(bytes: Buffer): Decoded {
  const encoding = wideEncodingOf(bytes);
  const fix = 'save it as UTF-8';
  if (encoding !== undefined) return { reason: `is ${encoding} text, not UTF-8`, fix };
  if (isUtf8(bytes)) return { text: new TextDecoder().decode(bytes) };
  if (!isMostlyAscii(bytes)) return { reason: 'is not UTF-8 text', fix };
  const reason = `is Latin-1 or Windows-1252 text, not UTF-8 (line ${firstForeignLine(bytes)})`;
  return { reason, fix };
}

function wideEncodingOf(bytes: Buffer): string | undefined {
  const [marked] = MARKS.find(([, mark]) => bytes.subarray(0, mark.length).equals(mark)) ?? [];
  if (marked !== undefined) return marked;
  // Without a mark, zero bytes reveal UTF-16: every second byte of most text is zero, which is also valid UTF-8.
  const zeros = [0, 0];
  for (const [index, byte] of bytes.entries()) if (byte === 0) zeros[index % 2]!++;
  const [even = 0, odd = 0] = zeros;
  const isWide = Math.max(even, odd) >= bytes.length / 4 && even !== odd && bytes.length > 1;
  if (!isWide) return undefined;
  return even < odd ? UTF16_LE : UTF16_BE;
}

/** Whether the bytes look like text of a Western language in a single-byte encoding. */
function isMostlyAscii(bytes: Buffer): boolean {
  const printable = bytes.filter((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13));
  return printable.length >= bytes.length / 2 && !bytes.includes(0);
}

function firstForeignLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; ; line++) {
    const end = bytes.indexOf('\n', start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}
