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
  /** Whether the text contains the value of a secret. */
  readonly hasSecret: boolean;
  /** Whether it contains text of the real environment, which no parser of `.env` files has processed. */
  readonly hasReal: boolean;
  readonly fault?: StrayText;
}

/** `${NAME}` or `${NAME:-default}`; without a name, another form; with a backslash, no reference. */
const REFERENCE = /\\?\$\{(?=\w)(?:(\w+)(?::-([^{}]*))?\})?/g;

/** A value that is one reference and nothing else. */
const ALIAS = /^\$\{(\w+)(?::-[^{}]*)?\}$/;

const LITERAL = 'if it is meant literally, write \\${ or use single quotes';
const MAX_LENGTH = 2 ** 20;
const MAX_DEPTH = 100;

/**
 * Replaces `${NAME}` in values of `.env` files, with the value in the real environment, or else in the first file that has
 * one. Values of the environment are inserted as they are. A blank value counts as unset.
 */
export class References {
  readonly #files: readonly ReferringFile[];
  readonly #env: Environment;
  readonly #secrets: ReadonlySet<string>;
  readonly #done: ReadonlyMap<ReferringFile, Map<string, Expansion>>;
  readonly #resolved = new Set<string>();

  /** @param secrets the names of all secrets, and their aliases */
  constructor(files: readonly ReferringFile[], env: Environment, secrets: Iterable<string>) {
    this.#files = files;
    this.#env = env;
    this.#secrets = withSources(files, secrets);
    this.#done = new Map(files.map((file) => [file, new Map()]));
  }

  /** The variables whose values references have inserted so far. */
  get resolved(): ReadonlySet<string> {
    return this.#resolved;
  }

  /** The value of a variable in a file; undefined if it refers to no variable. */
  in(file: ReferringFile, name: string, depth = 0): Expansion | undefined {
    const line = file.references.get(name);
    if (line === undefined) return undefined;
    const done = this.#done.get(file)!;
    const known = done.get(name);
    if (known !== undefined) return known;
    const place = `(line ${line} of ${file.path})`;
    if (depth > MAX_DEPTH) {
      return faulty(`follows more than ${MAX_DEPTH} references ${place}`, 'write the value out');
    }
    // Found again before the value is known only if the value refers to itself.
    done.set(name, faulty(`has references that form a cycle ${place}`, 'break the cycle'));
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
    let hasReal = false;
    let growth = 0;
    const tooLong = { message: `is longer than 1 MiB after replacement ${place}`, fix: 'shorten it' };
    const replaced = text.replaceAll(REFERENCE, (match, name?: string, standard?: string, offset = 0) => {
      if (match.startsWith('\\')) return match.slice(1);
      const found = name === undefined ? undefined : find(name);
      const value = found?.text ?? standard ?? '';
      growth += value.length - match.length;
      hasSecret ||= name !== undefined && (this.#secrets.has(name) || found?.hasSecret === true);
      hasReal ||= found?.hasReal === true;
      if (name === undefined) {
        fault ??= {
          message: `has a reference that is neither \${NAME} nor \${NAME:-default} ${place}`,
          fix: LITERAL,
        };
      } else if (found === undefined && standard === undefined) {
        fault ??= {
          message: `refers to a variable that is not set ${place}`,
          fix: `set it, or write a default as in \${NAME:-default}; ${LITERAL}`,
        };
      } else if (offset + match.length + growth > MAX_LENGTH) {
        fault ??= tooLong;
      }
      fault ??= found?.fault;
      return fault === undefined ? value : '';
    });
    if (replaced.length > MAX_LENGTH) fault ??= tooLong;
    return { text: replaced, hasSecret, hasReal, ...(fault === undefined ? {} : { fault }) };
  }

  /** The value that a reference stands for. A reference to the variable itself stands for the value that it overrides. */
  #find(name: string, from: ReferringFile, own: string, depth: number): Expansion | undefined {
    this.#resolved.add(name);
    const real = this.#env[name];
    if (isSet(real)) return { text: real, hasSecret: false, hasReal: true };
    const files = name === own ? this.#files.slice(this.#files.indexOf(from) + 1) : this.#files;
    for (const file of files) {
      if (!Object.hasOwn(file.values, name)) continue;
      const found = this.in(file, name, depth) ?? {
        text: file.values[name]!,
        hasSecret: false,
        hasReal: false,
      };
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
  return { text: '', hasSecret: false, hasReal: false, fault: { message, fix } };
}

/** The secrets, and the variables that contain the whole value of one. */
function withSources(files: readonly ReferringFile[], secrets: Iterable<string>): ReadonlySet<string> {
  const all = new Set(secrets);
  // What is added meanwhile is visited, too.
  for (const secret of all) {
    for (const { values, references } of files) {
      const [, source] = (references.has(secret) && ALIAS.exec(values[secret]!)) || [];
      if (source !== undefined) all.add(source);
    }
  }
  return all;
}
