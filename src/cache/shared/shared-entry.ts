import { randomBytes } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';

/** A value on its way between processes. */
export interface SharedEntry {
  readonly value: unknown;
  /** Milliseconds since the epoch; Infinity for no end. */
  readonly freshUntil: number;
  /** The end of its grace. */
  readonly expires: number;
}

// 4 bytes that name the format, 8 that no other entry has, 4 of checksum, then the value.
const FORMAT = Buffer.from('npc1');
/** Bytes at the start of an entry that tell it from every other one. */
export const MARK_BYTES = 12;
const HEAD_BYTES = MARK_BYTES + 4;

/** @throws DataCloneError where the value has a part that has no form outside this process */
export function encodeEntry(key: string, { value, freshUntil, expires }: SharedEntry): Buffer {
  const body = serialize([value, freshUntil, expires]);
  const entry = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  FORMAT.copy(entry);
  entry.writeBigUInt64BE(nextSerial(), FORMAT.length);
  entry.writeUInt32BE(checksum(key, body), MARK_BYTES);
  body.copy(entry, HEAD_BYTES);
  return entry;
}

let serial = randomBytes(8).readBigUInt64BE();

/** No two are the same in a process, and processes begin far from each other. */
function nextSerial(): bigint {
  serial = BigInt.asUintN(64, serial + 1n);
  return serial;
}

/** What says that there is no value: an entry of its own, so that a load which began before it is told apart. */
export function tombstone(key: string): Buffer {
  return encodeEntry(key, { value: undefined, freshUntil: 0, expires: 0 });
}

export function markOf(entry: Buffer | null): Buffer {
  return entry === null ? Buffer.alloc(0) : entry.subarray(0, MARK_BYTES);
}

/** Undefined for what no version of this format has written under this key, or has been damaged. */
export function decodeEntry(key: string, entry: Buffer): SharedEntry | undefined {
  if (entry.length <= HEAD_BYTES || !FORMAT.equals(entry.subarray(0, FORMAT.length))) return undefined;
  const body = entry.subarray(HEAD_BYTES);
  if (entry.readUInt32BE(MARK_BYTES) !== checksum(key, body)) return undefined;
  try {
    const [value, freshUntil, expires] = deserialize(body) as [unknown, number, number];
    return { value, freshUntil, expires };
  } catch {
    // A newer Node.js may write what this one cannot read.
    return undefined;
  }
}

/** The key belongs to it: a server that mixes up its answers must not mix up ours. */
function checksum(key: string, body: Buffer): number {
  return crc32(body, crc32(key));
}
