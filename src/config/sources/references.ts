import type { Environment } from '../model/config-class.js';
import type { EnvFile } from './env-file.parser.js';
import type { StrayText } from './stray-text.js';

/** A `.env` file whose values may refer to variables. */
export interface ReferringFile extends Pick<EnvFile, 'values' | 'references'> {
  readonly path: string;
}

/** The text of a value whose references are replaced, or why they cannot be. */
export interface Expansion {
  readonly text: string;
  /** Whether the text contains the value of a setting that is declared as a secret. */
  readonly hasSecret: boolean;
  readonly fault?: StrayText;
}

/** `${NAME}` or `${NAME:-default}`; without a name, another form; with a backslash, no reference. */
const REFERENCE = /\\?\$\{(?=\w)(?:(\w+)(?::-([^{}]*))?\})?/g;

const LITERAL = 'write \\${ or use single quotes, if it is meant literally';
const MAX_LENGTH = 2 ** 20;
const MAX_DEPTH = 100;

/**
 * Replaces `${NAME}` in values of `.env` files, with the value in the real environment, or else in the first file that has
 * one. Values of the environment are inserted as they are. A blank value counts as unset.
 */
export class References {
  readonly #files: readonly ReferringFile[];
  readonly #env: Environment;
  readonly #isSecret: (name: string) => boolean;
  readonly #done: ReadonlyMap<ReferringFile, Map<string, Expansion>>;

  constructor(files: readonly ReferringFile[], env: Environment, isSecret: (name: string) => boolean) {
    this.#files = files;
    this.#env = env;
    this.#isSecret = isSecret;
    this.#done = new Map(files.map((file) => [file, new Map()]));
  }

  /** The value of a variable in a file; undefined if it refers to no variable. */
  in(file: ReferringFile, name: string, depth = 0): Expansion | undefined {
    const line = file.references.get(name);
    if (line === undefined) return undefined;
    const done = this.#done.get(file)!;
    const known = done.get(name);
    if (known !== undefined) return known;
    const place = `in line ${line} of ${file.path}`;
    if (depth > MAX_DEPTH) return faulty(`refers to too long a chain of variables ${place}`, 'shorten it');
    // Found again before the value is known only if the value refers to itself.
    done.set(name, faulty(`refers to itself ${place}, directly or through others`, 'break the cycle'));
    const expansion = this.#replace(
      file.values[name]!,
      (other) => this.#find(other, file, name, depth + 1),
      place,
    );
    done.set(name, expansion);
    return expansion;
  }

  #replace(text: string, find: (name: string) => Expansion | undefined, place: string): Expansion {
    let fault: StrayText | undefined;
    let hasSecret = false;
    let length = text.length;
    const replaced = text.replaceAll(REFERENCE, (match, name?: string, standard?: string) => {
      if (match.startsWith('\\')) return match.slice(1);
      const found = name === undefined ? undefined : find(name);
      const value = found?.text ?? standard ?? '';
      length += value.length;
      hasSecret ||= name !== undefined && (this.#isSecret(name) || found?.hasSecret === true);
      if (name === undefined) {
        fault ??= {
          message: `has a reference ${place} that is neither \${NAME} nor \${NAME:-default}`,
          fix: LITERAL,
        };
      } else if (found === undefined && standard === undefined) {
        fault ??= {
          message: `refers to a variable ${place} that is not set`,
          fix: `set it, or write a default as in \${NAME:-default}; ${LITERAL}`,
        };
      } else if (length > MAX_LENGTH) {
        fault ??= { message: `is longer than 1 MiB after replacement ${place}`, fix: 'shorten it' };
      }
      fault ??= found?.fault;
      return fault === undefined ? value : '';
    });
    return { text: replaced, hasSecret, ...(fault === undefined ? {} : { fault }) };
  }

  /** The value that a reference stands for. A reference to the variable itself stands for the value that it overrides. */
  #find(name: string, from: ReferringFile, own: string, depth: number): Expansion | undefined {
    const real = this.#env[name];
    if (isSet(real)) return { text: real, hasSecret: false };
    const files = name === own ? this.#files.slice(this.#files.indexOf(from) + 1) : this.#files;
    for (const file of files) {
      if (!Object.hasOwn(file.values, name)) continue;
      const found = this.in(file, name, depth) ?? { text: file.values[name]!, hasSecret: false };
      if (found.fault !== undefined || isSet(found.text)) return found;
    }
    return undefined;
  }
}

// Not every name is a variable: `constructor` is a function of any object.
function isSet(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function faulty(message: string, fix: string): Expansion {
  return { text: '', hasSecret: false, fault: { message, fix } };
}
