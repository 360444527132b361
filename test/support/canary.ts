import { createHash } from 'node:crypto';

/** The shortest part of a canary that counts as a leak. */
const PART = 12;

/** Printed or written data. */
export type Output = string | Uint8Array;

/**
 * The canaries with at least 12 consecutive characters in an output: unchanged, in upper or lower case,
 * percent-encoded, escaped as in JSON, in hexadecimal, as base64 or base64url at any offset, or as a list of
 * bytes.
 */
export function canariesIn(outputs: Output | readonly Output[], canaries: readonly string[]): string[] {
  const { byStart, slots } = indexOfTraces(canaries);
  const found = new Set<string>();
  for (const text of [outputs].flat().flatMap(readingsOf)) {
    let slot = slotOf(text.padEnd(4));
    for (let at = 0; at + PART <= text.length; at++) {
      const here = slot;
      slot = slotBehind(slot, text, at);
      if (slots[here] === 0) continue;
      for (const { canary, trace } of byStart.get(text.slice(at, at + PART)) ?? []) {
        if (text.startsWith(trace, at)) found.add(canary);
      }
    }
  }
  return [...found];
}

/**
 * 43 letters and digits that do not occur by chance, with some of each kind. The same arguments give the same
 * text.
 */
export function canaryOf(seed: number, number: number): string {
  const digest = createHash('sha512').update(`${seed}/${number}`).digest('base64');
  return `${digest.replaceAll(/[+/=]/g, '').slice(0, 40)}Kq7`;
}

interface Trace {
  readonly canary: string;
  readonly trace: string;
}

/**
 * The encoded forms of each part of each canary, indexed by their first characters, so that an output is read
 * once. The slots filter the positions to look up.
 */
function indexOfTraces(canaries: readonly string[]) {
  const byStart = new Map<string, Trace[]>();
  const slots = new Uint8Array(2 ** 16);
  for (const canary of canaries) {
    const characters = [...canary];
    if (characters.length < PART) throw new RangeError(`a canary has at least ${PART} characters`);
    for (let from = 0; from + PART <= characters.length; from++) {
      for (const trace of tracesOf(characters.slice(from, from + PART).join(''))) {
        const start = trace.slice(0, PART);
        const traces = byStart.get(start) ?? [];
        traces.push({ canary, trace });
        byStart.set(start, traces);
        slots[slotOf(trace)] = 1;
      }
    }
  }
  return { byStart, slots };
}

/** A slot for the first four characters. */
function slotOf(text: string): number {
  let slot = 0;
  for (let index = 0; index < 4; index++) slot = (slot * 37 + text.charCodeAt(index)) & 0xffff;
  return slot;
}

/** The slot of the next position, computed from this one, because millions of positions are searched. */
function slotBehind(slot: number, text: string, at: number): number {
  const rest = slot - Math.imul(text.charCodeAt(at), 37 ** 3);
  return (Math.imul(rest, 37) + text.charCodeAt(at + 4)) & 0xffff;
}

function tracesOf(part: string): Set<string> {
  const bytes = Buffer.from(part, 'utf8');
  const hex = bytes.toString('hex');
  return new Set([
    part,
    part.toLowerCase(),
    part.toUpperCase(),
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
    hex,
    hex.toUpperCase(),
    bytes.join(','),
    ...(['base64', 'base64url'] as const).flatMap((encoding) =>
      [0, 1, 2].map((offset) => withinLonger(bytes, offset, encoding)),
    ),
  ]);
}

/** The characters that depend only on these bytes in a longer text, `offset` bytes after a multiple of 3. */
function withinLonger(bytes: Buffer, offset: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(encoding);
  const BITS = 6;
  return text.slice(Math.ceil((offset * 8) / BITS), Math.floor(((offset + bytes.length) * 8) / BITS));
}

/** V8 stores texts with one or two bytes per character. Without white space, listed bytes are adjacent. */
function readingsOf(output: string | Uint8Array): string[] {
  const texts = typeof output === 'string' ? [output] : decodingsOf(Buffer.from(output));
  return texts.flatMap((text) => (/\s/.test(text) ? [text, text.replaceAll(/\s+/g, '')] : [text]));
}

function decodingsOf(bytes: Buffer): string[] {
  return [
    bytes.toString('utf8'),
    bytes.toString('latin1'),
    bytes.toString('utf16le'),
    bytes.subarray(1).toString('utf16le'),
  ];
}
