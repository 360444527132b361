/**
 * A value that the library stores for itself under one key. A value of the application is never mistaken for it, and it is
 * not valid under another key. JSON and inspect show nothing of it.
 */
export class SealedValue {
  readonly #key: string;
  readonly #content: unknown;

  constructor(key: string, content: unknown) {
    this.#key = key;
    this.#content = content;
  }

  /** Returns the content if the value was sealed for this key, undefined otherwise. */
  static open(key: string, value: unknown): unknown {
    return value instanceof SealedValue && value.#key === key ? value.#content : undefined;
  }

  /** Returns a copy with changed content. */
  map(change: (content: unknown) => unknown): SealedValue {
    return new SealedValue(this.#key, change(this.#content));
  }

  /** The parts that are sent to other processes. */
  get parts(): readonly [key: string, content: unknown] {
    return [this.#key, this.#content];
  }
}
