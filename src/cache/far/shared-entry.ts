import { randomBytes } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { SealedValue } from '../near/sealed-value.js';

/** A value on its way between processes. */
export interface SharedEntry {
  readonly value: unknown;
  /** Milliseconds since the epoch; Infinity for no end. */
  readonly freshUntil: number;
  /** The end of its grace. */
  readonly expires: number;
  /** Milliseconds since the epoch; undefined in entries of older versions. */
  readonly writtenAt: number | undefined;
}

type EntryParts = [
  content: unknown,
  freshUntil: number,
  expires: number,
  writtenAt?: number,
  sealedFor?: string,
];

// 4 bytes that name the format, 4 of the process and 4 that count, which together no other entry has. An entry goes on
// with 4 bytes of checksum and the value.
const ENTRY = Buffer.from('npc1');
const TOMBSTONE = Buffer.from('npc0');
/** Bytes at the start of an entry that tell it from every other one. */
export const MARK_BYTES = 12;
const HEAD_BYTES = MARK_BYTES + 4;
const PROCESS = randomBytes(4);

/** How a tombstone of this process begins. */
export const OWN_TOMBSTONE = Buffer.concat([TOMBSTONE, PROCESS]);

/** @throws DataCloneError where the value has a part that has no form outside this process */
export function encodeEntry(key: string, { value, freshUntil, expires, writtenAt }: SharedEntry): Buffer {
  const [sealedFor, content] = value instanceof SealedValue ? value.parts : [undefined, value];
  const body = serialize([content, freshUntil, expires, writtenAt, sealedFor]);
  const entry = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  writeMark(entry, ENTRY);
  entry.writeUInt32BE(checksum(key, body), MARK_BYTES);
  body.copy(entry, HEAD_BYTES);
  return entry;
}

/** What says that an entry was removed: a load which began before can tell it from what was there. */
export function tombstone(): Buffer {
  const mark = Buffer.allocUnsafe(MARK_BYTES);
  writeMark(mark, TOMBSTONE);
  return mark;
}

export function isTombstone(entry: Buffer): boolean {
  return entry.length === MARK_BYTES && TOMBSTONE.equals(entry.subarray(0, TOMBSTONE.length));
}

/** @param head how what is there begins */
export function isEntry(head: Buffer): boolean {
  return ENTRY.equals(head.subarray(0, ENTRY.length));
}

export function markOf(entry: Buffer | null): Buffer {
  return entry === null ? Buffer.alloc(0) : entry.subarray(0, MARK_BYTES);
}

/** Undefined for what no version of this format has written under this key, or has been damaged. */
export function decodeEntry(key: string, entry: Buffer): SharedEntry | undefined {
  if (entry.length <= HEAD_BYTES || !isEntry(entry)) return undefined;
  const body = entry.subarray(HEAD_BYTES);
  if (entry.readUInt32BE(MARK_BYTES) !== checksum(key, body)) return undefined;
  try {
    const [content, freshUntil, expires, writtenAt, sealedFor] = deserialize(body) as EntryParts;
    const value = sealedFor === undefined ? content : new SealedValue(sealedFor, content);
    return { value, freshUntil, expires, writtenAt };
  } catch {
    // A newer Node.js may write what this one cannot read.
    return undefined;
  }
}

/** The key belongs to it: a server that mixes up its answers must not mix up ours. */
function checksum(key: string, body: Buffer): number {
  return crc32(body, crc32(key));
}

let count = randomBytes(4).readUInt32BE();

function writeMark(target: Buffer, format: Buffer): void {
  format.copy(target);
  PROCESS.copy(target, 4);
  count = (count + 1) % 2 ** 32;
  target.writeUInt32BE(count, 8);
}
