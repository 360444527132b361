/**
 * A value of a sort key: one that survives a round trip through text. Pass a timestamp as the database's own text: a
 * Date has only milliseconds, and rows within the same millisecond would be lost.
 */
export type CursorValue = string | number | bigint | boolean | null;

/** The sort key of a row: its values in the columns of the sort. */
export type CursorKey = readonly CursorValue[];

/** Serializes a key without loss. */
export function packKey(key: CursorKey): string {
  return JSON.stringify(key.map((value) => (isJson(value) ? value : { [typeof value]: String(value) })));
}

/** Reverses `packKey`. */
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
