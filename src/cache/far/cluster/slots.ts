/** The number of slots of a cluster. */
export const SLOTS = 16_384;

/** CRC16 (XMODEM), by the high byte. */
const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

/** The slot of a name: of the text in its first braces, if there is one, as Redis Cluster defines it. */
export function slotOf(name: string): number {
  const open = name.indexOf('{');
  if (open === -1) return crcOf(name, 0, name.length) % SLOTS;
  const close = name.indexOf('}', open + 1);
  if (close === -1 || close === open + 1) return crcOf(name, 0, name.length) % SLOTS;
  return crcOf(name, open + 1, close) % SLOTS;
}

function crcOf(text: string, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return crcOfBytes(Buffer.from(text.slice(from, to)));
    crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ code]!;
  }
  return crc;
}

function crcOfBytes(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ byte]!;
  return crc;
}

let tags: string[] | undefined;

/** A hash tag of a slot: names with it in braces are in that slot. */
export function tagOf(slot: number): string {
  tags ??= allTags();
  return tags[slot]!;
}

/** The shortest number for each slot, to base 36. */
function allTags(): string[] {
  const found: string[] = [];
  for (let [number, missing] = [0, SLOTS]; missing > 0; number++) {
    const tag = number.toString(36);
    const slot = slotOf(tag);
    if (found[slot] !== undefined) continue;
    found[slot] = tag;
    missing--;
  }
  return found;
}
