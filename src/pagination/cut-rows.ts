/** The first rows of a list. Not `slice`, which asks a subclass of Array for its constructor. */
export function cutRows<Row>(rows: readonly Row[], limit: number): Row[] {
  const cut: Row[] = [];
  for (let index = 0; index < rows.length && index < limit; index++) cut.push(rows[index]!);
  return cut;
}
