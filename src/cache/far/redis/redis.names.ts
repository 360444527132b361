import { SharedKeys } from '../shared-keys.js';

/** The names of a namespace's keys on Redis. */
export class RedisNames {
  protected readonly keys: SharedKeys;

  constructor(namespace: string) {
    this.keys = new SharedKeys(namespace);
  }

  /** The pattern that matches all entries and nothing else. */
  get pattern(): string {
    return this.keys.pattern;
  }

  /** A key that is written on each clear. Any account of the namespace may read it. */
  get cleared(): string {
    return this.keys.auxiliaryName('cleared');
  }

  /** Whether one command may contain the names of several entries. */
  get canShareCommand(): boolean {
    return true;
  }

  nameOf(key: string): string {
    return this.keys.nameOf(key);
  }

  /** The key of a name; undefined if it is not the name of an entry. */
  keyOf(name: string): string | undefined {
    return this.keys.keyOf(name);
  }

  /** A name for the value of an entry, until it is moved to the entry's own name. */
  stagedName(_name: string, mark: string): string {
    return this.keys.auxiliaryName(`staged:${mark}`);
  }

  lockName(key: string): string {
    return this.keys.auxiliaryName(`lock:${key}`);
  }
}
