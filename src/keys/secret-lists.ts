import { Logger } from '@nestjs/common';
import type { ActiveKeys } from './active-keys.js';
import type { DerivedKeys } from './derived-keys.js';

/** A list that was handed out, held weakly. */
interface HandedOut {
  readonly list: WeakRef<string[]>;
  readonly purpose: string;
}

/** Lists of derived texts. Middleware keeps the list that it gets and reads it at each request: it changes in place. */
export class SecretLists {
  readonly #keys: ActiveKeys;
  #derived: DerivedKeys;
  readonly #handedOut = new Set<HandedOut>();
  readonly #collected = new FinalizationRegistry<HandedOut>((entry) => this.#handedOut.delete(entry));

  constructor(keys: ActiveKeys) {
    this.#keys = keys;
    this.#derived = keys.derived;
    keys.onChange(() => this.#update());
  }

  listFor(purpose: string): string[] {
    this.#keys.counts.isComplete = false;
    const list = secretTextsFor(this.#derived, purpose);
    const entry = { list: new WeakRef(list), purpose };
    this.#handedOut.add(entry);
    this.#collected.register(list, entry);
    return list;
  }

  #update(): void {
    const before = this.#derived;
    this.#derived = this.#keys.derived;
    for (const { list, purpose } of this.#handedOut) {
      const texts = list.deref() ?? [];
      if (Object.isFrozen(texts)) {
        new Logger('KeyRing').warn(
          `keys.secrets('${purpose}') is frozen, so it keeps the previous keys: do not freeze it`,
        );
      } else {
        replaceIn(texts, secretTextsFor(before, purpose), secretTextsFor(this.#derived, purpose));
      }
    }
  }
}

/** The derived secrets as text, for consumers that accept nothing else. */
export function secretTextsFor(derived: DerivedKeys, purpose: string): string[] {
  return derived.bytesFor('secret', purpose, 32).map((bytes) => bytes.toString('base64url'));
}

/** Items that the application has added stay where they are. */
function replaceIn(texts: string[], old: readonly string[], fresh: readonly string[]): void {
  const at = texts.findIndex((text) => old.includes(text));
  if (at === -1) return;
  const added = texts.filter((text) => !old.includes(text));
  texts.splice(0, texts.length, ...added.slice(0, at), ...fresh, ...added.slice(at));
}
