import { randomBytes } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { EntryTag } from '../near/cache-entry.js';
import { SealedValue } from '../near/sealed-value.js';

/** An entry of the shared tier, decoded. */
export interface SharedEntry {
  readonly value: unknown;
  /** Milliseconds since the epoch; Infinity if it does not expire. */
  readonly freshUntil: number;
  /** The end of the grace period. */
  readonly expires: number;
  /** Milliseconds since the epoch; undefined in entries of older versions. */
  readonly writtenAt: number | undefined;
  readonly tags?: readonly EntryTag[] | undefined;
}

/** The parts of an entry as they are serialized; in JSON, null is Infinity for a time and undefined for the others. */
type EntryParts = [
  content: unknown,
  freshUntil: number | null,
  expires: number | null,
  writtenAt?: number | null | undefined,
  sealedFor?: string | null | undefined,
  tags?: readonly EntryTag[] | null | undefined,
];

// The mark: 4 bytes for the format, 4 for the process and a 4-byte counter, together unique for each entry. In an entry a
// 4-byte checksum and the parts follow: as JSON, which is several times faster, if that keeps every value as it is.
const [BINARY, JSON_TEXT, TOMBSTONE] = [formatOf('npc1'), formatOf('npc2'), formatOf('npc0')];
const FORMAT_BYTES = 4;
/** The length of the mark, the unique start of each entry. */
export const MARK_BYTES = 12;
const HEAD_BYTES = MARK_BYTES + 4;
const PROCESS = randomBytes(4).readUInt32BE();
let count = randomBytes(4).readUInt32BE();

/** The prefix of this process's tombstones. */
export const OWN_TOMBSTONE = tombstone().subarray(0, FORMAT_BYTES + 4);

/** @throws DataCloneError if a part of the value cannot be serialized */
export function encodeEntry(key: string, entry: SharedEntry): Buffer {
  const { value, freshUntil, expires, writtenAt, tags } = entry;
  const [sealedFor, content] = value instanceof SealedValue ? value.parts : [undefined, value];
  const parts = [content, freshUntil, expires, writtenAt, sealedFor, tags] satisfies EntryParts;
  const isText = isJson(content);
  const body = isText ? Buffer.from(JSON.stringify(parts)) : serialize(parts);
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  writeMark(bytes, isText ? JSON_TEXT : BINARY);
  bytes.writeUInt32BE(checksum(key, body), MARK_BYTES);
  body.copy(bytes, HEAD_BYTES);
  return bytes;
}

/** Marks an entry as removed, so that a load that started before the removal does not write it again. */
export function tombstone(): Buffer {
  const mark = Buffer.allocUnsafe(MARK_BYTES);
  writeMark(mark, TOMBSTONE);
  return mark;
}

export function isTombstone(entry: Buffer): boolean {
  return entry.length === MARK_BYTES && entry.readUInt32BE() === TOMBSTONE;
}

/** @param head the first bytes of the stored value */
export function isEntry(head: Buffer): boolean {
  const format = head.length < FORMAT_BYTES ? undefined : head.readUInt32BE();
  return format === BINARY || format === JSON_TEXT;
}

export function markOf(entry: Buffer | null): Buffer {
  return entry === null ? Buffer.alloc(0) : entry.subarray(0, MARK_BYTES);
}

/** Decodes an entry; undefined if it is damaged, or was not written in this format under this key. */
export function decodeEntry(key: string, entry: Buffer): SharedEntry | undefined {
  if (entry.length <= HEAD_BYTES || !isEntry(entry)) return undefined;
  const body = entry.subarray(HEAD_BYTES);
  if (entry.readUInt32BE(MARK_BYTES) !== checksum(key, body)) return undefined;
  try {
    const isText = entry.readUInt32BE() === JSON_TEXT;
    const parts = (isText ? JSON.parse(body.toString()) : deserialize(body)) as EntryParts;
    const [content, freshUntil, expires, writtenAt, sealedFor, tags] = parts;
    return {
      value: typeof sealedFor === 'string' ? new SealedValue(sealedFor, content) : content,
      freshUntil: freshUntil ?? Infinity,
      expires: expires ?? Infinity,
      writtenAt: writtenAt ?? undefined,
      tags: tags ?? undefined,
    };
  } catch {
    // A newer Node.js may write data that this one cannot read.
    return undefined;
  }
}

/** Whether JSON keeps a frozen copy of plain data as it is. */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) if (!isJson((value as Record<string, unknown>)[key])) return false;
  return true;
}

/** Includes the key, to detect a server or proxy that mixes up replies. */
function checksum(key: string, body: Buffer): number {
  return crc32(body, crc32(key));
}

function formatOf(name: string): number {
  return Buffer.from(name).readUInt32BE();
}

function writeMark(target: Buffer, format: number): void {
  target.writeUInt32BE(format);
  target.writeUInt32BE(PROCESS, FORMAT_BYTES);
  count = (count + 1) % 2 ** 32;
  target.writeUInt32BE(count, FORMAT_BYTES + 4);
}
