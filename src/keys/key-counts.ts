/** How much each key of a ring has verified. It holds as many counts as there are keys. */
export class KeyCounts {
  /** By id, in the order of the ids. */
  #counts: ReadonlyMap<string, { verified: number }>;
  /** In the same order, for a count by index. */
  #ordered: readonly { verified: number }[];
  /** Undefined while no legacy secrets are accepted. */
  #legacy: number | undefined;
  /** False once `secrets()` has handed out a list: what others verify with it is not counted. */
  isComplete = true;

  constructor(ids: readonly string[]) {
    this.#counts = new Map();
    this.#ordered = [];
    this.adopt(ids);
  }

  /** The ring has these keys from now on. A key that stays keeps its count. */
  adopt(ids: readonly string[]): void {
    this.#counts = new Map(ids.map((id) => [id, this.#counts.get(id) ?? { verified: 0 }]));
    this.#ordered = [...this.#counts.values()];
  }

  /** Counts a verification by the key at this index, and returns the index. -1 stands for none. */
  count(index: number): number {
    if (index !== -1) this.#ordered[index]!.verified++;
    return index;
  }

  acceptLegacy(): void {
    this.#legacy ??= 0;
  }

  countLegacy(): void {
    this.#legacy!++;
  }

  /** By id, and 'legacy' for all legacy secrets together, once some are accepted. */
  get verified(): Readonly<Record<string, number>> {
    const counts = Array.from(this.#counts, ([id, { verified }]) => [id, verified] as const);
    return Object.freeze({
      ...Object.fromEntries(counts),
      ...(this.#legacy !== undefined && { legacy: this.#legacy }),
    });
  }
}
