import { parseConnectionUrl } from '../urls/connection-url.js';
import { REDACTED, redactCredentials } from './redaction.js';
import { parseKey } from './scheduled-key.js';
import type { Setting } from './config-shape.js';

/** A text in a secret value, with the account if it is part of a URL. */
export interface SecretPart {
  readonly text: string;
  readonly account?: string;
}

/** A shorter text may be part of a value by coincidence; in an object, it may be a type or a name. */
const MIN_PART_LENGTH = 16;

/** The value, its items and members, the passwords in a URL, and a key without its time. */
export function secretPartsOf(value: unknown): SecretPart[] {
  if (typeof value === 'string') {
    const key = parseKey(value)?.key ?? value;
    if (key !== value) return [{ text: value }, { text: key }];
    const url = parseConnectionUrl(value);
    if (url === undefined) return [{ text: value }];
    const { parameters } = url;
    const passwords = [
      ...passwordPart(url.user, url.password || parameters.get('password')),
      ...passwordPart(parameters.get('sentinelUser') ?? '', parameters.get('sentinelPassword')),
    ];
    return [{ ...passwords[0], text: value }, ...passwords];
  }
  if (Array.isArray(value)) return value.flatMap(secretPartsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value)
    .flatMap(secretPartsOf)
    .filter(({ text }) => text.length >= MIN_PART_LENGTH);
}

function passwordPart(user: string, password: string | null): Required<SecretPart>[] {
  return password ? [{ text: password, account: `${user}:${password}` }] : [];
}

/** Finds the secrets of a configuration in values that are not declared as secret. */
export class SecretTexts {
  readonly #texts: ReadonlySet<string>;
  /** The texts that are also searched for inside values, plain, percent-encoded and escaped as in JSON; the longest first. */
  readonly #long: readonly string[];

  constructor(settings: Iterable<Setting>, values: Readonly<Record<string, unknown>>) {
    const secrets = [...settings].filter(({ secret }) => secret);
    const texts = secrets.flatMap(({ name }) => secretPartsOf(values[name])).map(({ text }) => text);
    this.#texts = new Set(texts.filter((text) => text !== '' && !isAddress(text)));
    const long = [...this.#texts].filter(({ length }) => length >= MIN_PART_LENGTH);
    this.#long = [...new Set(long.flatMap((text) => [text, percentEncoded(text), escaped(text)]))].toSorted(
      (a, b) => b.length - a.length,
    );
  }

  /** Whether the value contains a secret that is too long to be a coincidence. */
  areIn(value: unknown): boolean {
    if (typeof value === 'string') return this.#long.some((text) => value.includes(text));
    if (typeof value !== 'object' || value === null) return false;
    return Object.entries(value)
      .flat()
      .some((member) => this.areIn(member));
  }

  /** Replaces the secrets that the value equals or contains. */
  redact(value: unknown): unknown {
    if (typeof value === 'string') {
      if (this.#texts.has(value)) return REDACTED;
      return this.#long.reduce((text, secret) => text.replaceAll(secret, REDACTED), value);
    }
    if (typeof value === 'number') return this.#texts.has(String(value)) ? REDACTED : value;
    if (Array.isArray(value)) return value.map((item) => this.redact(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [String(this.redact(key)), this.redact(item)]),
    );
  }
}

/** Whether a text is a server URL without credentials. A web address may itself be a secret. */
function isAddress(text: string): boolean {
  const url = parseConnectionUrl(text);
  return url !== undefined && !/^https?$/.test(url.scheme) && redactCredentials(text) === text;
}

function percentEncoded(text: string): string {
  // Half of a surrogate pair cannot be encoded.
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\uFFFD'));
}

/** As in a JSON text. */
function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
