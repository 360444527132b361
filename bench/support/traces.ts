import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

const SUFFIX = '.br';

/** Requests that were recorded in a real system: the number of the key of each. */
export interface Trace {
  readonly name: string;
  readonly keys: readonly number[];
}

/**
 * Reads the files of a folder whose names end in `.br`. Each holds the numbers of the requested keys in LEB128, compressed by
 * brotli: seven bits a byte, the lowest first, and the highest bit of a byte is set if the number goes on.
 */
export function readTraces(folder: string): Trace[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .toSorted()
    .map((file) => ({
      name: file.slice(0, -SUFFIX.length),
      keys: decode(brotliDecompressSync(readFileSync(join(folder, file)))),
    }));
}

function decode(bytes: Buffer): number[] {
  const numbers: number[] = [];
  let number = 0;
  let weight = 1;
  for (const byte of bytes) {
    number += (byte & 0x7f) * weight;
    weight *= 128;
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
      weight = 1;
    }
  }
  return numbers;
}
