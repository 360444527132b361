import type { CursorKey, PageRequest } from 'nestjs-production-config';

/**
 * What a database answers to the query of a page: the rows behind its cursor, read in its direction.
 *
 * @param rows in the order of the list
 * @param keyOf the sort key of a row, whose values all ascend
 */
export function rowsBehind<Row, Key extends CursorKey>(
  rows: readonly Row[],
  { take, offset, direction, after, before }: PageRequest<Key, string | undefined>,
  keyOf: (row: Row) => Key,
): Row[] {
  if (direction === 'backward') {
    const rest = rows.filter((row) => before === undefined || compare(keyOf(row), before) < 0);
    return rest.toReversed().slice(0, take);
  }
  return rows
    .filter((row) => after === undefined || compare(keyOf(row), after) > 0)
    .slice(offset, offset + take);
}

/** Compares two keys like `(a, b) < (c, d)`. */
export function compare(one: CursorKey, other: CursorKey): number {
  for (const [index, value] of one.entries()) {
    const rival = other[index];
    if (value !== rival) return value! < rival! ? -1 : 1;
  }
  return 0;
}
