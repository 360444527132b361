/** A column of a sort order, with the type that its parameter has in SQL. */
export interface SortedBy {
  readonly column: string;
  readonly type: string;
  readonly direction: 'asc' | 'desc';
}

/**
 * The SQL condition for rows after a key, in any mix of directions, with parameters starting at `$first`. A
 * row comparison cannot express it if directions differ or a column is nullable; PostgreSQL sorts null as the
 * largest value.
 */
export function behind(sort: readonly SortedBy[], key: readonly unknown[], first: number): string {
  const parameters = sort.map(({ type }, index) => `$${first + index}::${type}`);
  const equal = sort.map(({ column }, index) => `${column} IS NOT DISTINCT FROM ${parameters[index]}`);
  const ways = sort.map(({ column, direction }, index) => {
    const further = furtherThan(column, direction, key[index] === null ? null : parameters[index]!);
    return `(${[...equal.slice(0, index), further].join(' AND ')})`;
  });
  return ways.join(' OR ');
}

function furtherThan(column: string, direction: 'asc' | 'desc', parameter: string | null): string {
  if (direction === 'desc') return parameter === null ? `${column} IS NOT NULL` : `${column} < ${parameter}`;
  return parameter === null ? 'false' : `(${column} > ${parameter} OR ${column} IS NULL)`;
}
