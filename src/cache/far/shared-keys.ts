import { createHash } from 'node:crypto';

// A later format that older versions cannot read gets a number of its own.
const VERSION = 1;
const PRINTABLE = /^[\x21-\x7e]*$/;

/** The names under which a namespace's entries are kept on a server. Namespaces hold no colon, so none meets another. */
export class SharedKeys {
  private readonly prefix: string;

  constructor(private readonly namespace: string) {
    this.prefix = `${namespace}:${VERSION}:`;
  }

  /** What all entries match, and nothing else, as Redis takes it. */
  get pattern(): string {
    return `${this.prefix}*`;
  }

  /** A name beside the entries. */
  auxiliaryName(name: string): string {
    return `${this.namespace}:${VERSION}!${name}`;
  }

  nameOf(key: string): string {
    // Half a surrogate pair has no bytes of its own: two such keys would become one.
    const isPlain = !/\p{Surrogate}/u.test(key) && !key.startsWith('"');
    return `${this.prefix}${isPlain ? key : JSON.stringify(key)}`;
  }

  /** The key of a name, or undefined where it is none of an entry. */
  keyOf(name: string): string | undefined {
    if (!name.startsWith(this.prefix)) return undefined;
    const key = name.slice(this.prefix.length);
    return key.startsWith('"') ? (JSON.parse(key) as string) : key;
  }

  /** A name that memcached takes: at most 250 printable bytes. */
  shortNameOf(key: string): string {
    return this.shorten(this.nameOf(key), '');
  }

  shortAuxiliaryName(name: string): string {
    return this.shorten(this.auxiliaryName(name), '!');
  }

  private shorten(name: string, kind: string): string {
    if (name.length <= 250 && PRINTABLE.test(name)) return name;
    return `${this.namespace}:${VERSION}${kind}#${createHash('sha256').update(name).digest('base64url')}`;
  }
}
