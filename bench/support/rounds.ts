/** Takes one measurement of something. */
export type Measure = () => Promise<number>;

/**
 * Measures A B, B A, A B ... so that neither side has the quieter moments of the machine, and returns the
 * measurements of each side in the order of the rounds.
 */
export async function interleave<Side extends string>(
  rounds: number,
  measures: Readonly<Record<Side, Measure>>,
): Promise<Record<Side, number[]>> {
  const sides = Object.keys(measures) as Side[];
  const taken = Object.fromEntries(sides.map((side) => [side, [] as number[]])) as Record<Side, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) taken[side].push(await measures[side]());
  }
  return taken;
}
