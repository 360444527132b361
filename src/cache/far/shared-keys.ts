import { createHash } from 'node:crypto';

// Incremented for a format that older versions cannot read.
const VERSION = 1;
const PRINTABLE = /^[\x21-\x7e]*$/;

/** The names of a namespace's keys on a server. Namespaces contain no colon, so their names never collide. */
export class SharedKeys {
  private readonly prefix: string;

  constructor(private readonly namespace: string) {
    this.prefix = `${namespace}:${VERSION}:`;
  }

  /** The Redis pattern that matches all entries and nothing else. */
  get pattern(): string {
    return `${this.prefix}*`;
  }

  /** A name that is not the name of an entry. */
  auxiliaryName(name: string): string {
    return `${this.namespace}:${VERSION}!${name}`;
  }

  nameOf(key: string): string {
    // Lone surrogates have no UTF-8 form: two such keys would become one.
    const isPlain = !/\p{Surrogate}/u.test(key) && !key.startsWith('"');
    return `${this.prefix}${isPlain ? key : JSON.stringify(key)}`;
  }

  /** The key of a name; undefined if it is not the name of an entry. */
  keyOf(name: string): string | undefined {
    if (!name.startsWith(this.prefix)) return undefined;
    const key = name.slice(this.prefix.length);
    return key.startsWith('"') ? (JSON.parse(key) as string) : key;
  }

  /** A name that memcached accepts: at most 250 printable bytes. */
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
