/**
 * What a cursor holds of a row: values that are the same after a trip through text. Hand on a timestamp as the
 * database's own text: a Date ends at milliseconds, and rows within one would be lost.
 */
export type CursorValue = string | number | bigint | boolean | null;

/** The values by which a list is sorted, of one row. */
export type CursorKey = readonly CursorValue[];

/** A key as text, nothing lost. */
export function packKey(key: CursorKey): string {
  return JSON.stringify(key.map((value) => (isJson(value) ? value : { [typeof value]: String(value) })));
}

/** The key that `packKey` made the text of. */
export function unpackKey(text: string): CursorKey {
  const packed = JSON.parse(text) as (CursorValue | { bigint?: string; number?: string })[];
  return Object.freeze(
    packed.map((value) => {
      if (typeof value !== 'object' || value === null) return value;
      return value.bigint === undefined ? Number(value.number) : BigInt(value.bigint);
    }),
  );
}

/** JSON has no bigint, and writes null for NaN and Infinity. */
function isJson(value: CursorValue): boolean {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value !== 'bigint';
}
