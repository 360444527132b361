/** The name that was probably meant: a set but unknown name within a few slips of the wanted one. */
export function nearMiss(wanted: string, candidates: Iterable<string>): string | undefined {
  const folded = wanted.toUpperCase();
  const letters = lettersOf(folded);
  // One slip per four characters, two at most: PORT must not be taken for every other short name.
  const most = Math.min(2, Math.floor(wanted.length / 4));
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > most) continue;
    const name = candidate.toUpperCase();
    // A slip takes one letter away and adds one at the most, which is faster to tell than the distance.
    if (bitsOf(lettersOf(name) ^ letters) > 2 * most) continue;
    const slips = distance(name, folded, most);
    if (slips < least) [best, least] = [candidate, slips];
  }
  return best;
}

/** Which characters occur, one bit for each of 32 classes. */
function lettersOf(name: string): number {
  let letters = 0;
  for (let index = 0; index < name.length; index++) letters |= 1 << (name.charCodeAt(index) & 31);
  return letters;
}

function bitsOf(mask: number): number {
  let bits = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment); Infinity beyond `most`. */
function distance(a: string, b: string, most: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = Array.from<number>({ length: b.length + 1 }).fill(Infinity);
    if (row <= most) current[0] = row;
    let least = current[0]!;
    // What is further from the diagonal costs more than `most` in any case.
    for (let column = Math.max(1, row - most); column <= Math.min(b.length, row + most); column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2]! + 1);
      current[column] = cost;
      least = Math.min(least, cost);
    }
    if (least > most) return Infinity;
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
