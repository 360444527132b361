/**
 * A value that the library keeps for itself under one key. No value of the application is taken for it, and it is none
 * under another key. JSON and inspect show nothing of it.
 */
export class SealedValue {
  readonly #key: string;
  readonly #content: unknown;

  constructor(key: string, content: unknown) {
    this.#key = key;
    this.#content = content;
  }

  /** What was sealed for a key; undefined for everything else. */
  static open(key: string, value: unknown): unknown {
    return value instanceof SealedValue && value.#key === key ? value.#content : undefined;
  }

  /** The same with another content. */
  map(change: (content: unknown) => unknown): SealedValue {
    return new SealedValue(this.#key, change(this.#content));
  }

  /** What is sent to other processes. */
  get parts(): readonly [key: string, content: unknown] {
    return [this.#key, this.#content];
  }
}
