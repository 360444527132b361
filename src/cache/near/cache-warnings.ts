import { Logger } from '@nestjs/common';
import { UncacheableValue } from './frozen-copy.js';

const MAX_WARNINGS = 100;

/** Warns about values that are not cached or lose their class, once per key prefix and class. */
export class CacheWarnings {
  /** Whether the application has a ClassSerializerInterceptor, which depends on the class of a value. */
  hasSerializer = () => true;

  private readonly logger = new Logger('Cache');
  private readonly logged = new Set<string>();

  warnRejected(key: string, error: unknown): void {
    const prefix = keyPrefix(key);
    this.warnOnce(
      prefix,
      `A value was not cached under ${prefix}…: it is ${reasonOf(error)} (logged once per prefix).`,
    );
  }

  warnTtl(key: string): void {
    const prefix = keyPrefix(key);
    this.warnOnce(
      `ttl ${prefix}`,
      `A value was not cached under ${prefix}…: its ttlSeconds() threw or returned no finite number (logged once per prefix).`,
    );
  }

  warnUnshared(key: string, error: unknown): void {
    const prefix = keyPrefix(key);
    this.warnOnce(
      `shared ${prefix}`,
      `A value was not shared under ${prefix}…: it is ${reasonOf(error)}. It is cached in this process only (logged once per prefix).`,
    );
  }

  warnTagsNotAwaited(key: string): void {
    const prefix = keyPrefix(key);
    this.warnOnce(
      `tags ${prefix}`,
      `A value was not cached under ${prefix}…: its load did not wait for context.tag(). Await it before the source is read (logged once per prefix).`,
    );
  }

  /** On a hit a serializer sees no class and shows what @Exclude() hides. */
  warnFlattened(className: string): void {
    // Not a class of the application: it is from another realm, or has no name.
    if (className === 'Object' || className === '') return;
    const what = this.hasSerializer()
      ? 'its methods and decorators such as @Exclude() are not kept. List CacheInterceptor before ' +
        'ClassSerializerInterceptor, or cache plain data.'
      : 'its methods are not kept. Cache plain data, or rebuild the instance after reading it.';
    this.warnOnce(
      `class ${className}`,
      `An instance of ${className} was cached as plain data: ${what} (logged once per class)`,
    );
  }

  private warnOnce(subject: string, text: string): void {
    if (this.logged.has(subject) || this.logged.size >= MAX_WARNINGS) return;
    this.logged.add(subject);
    this.logger.warn(text);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof UncacheableValue ? error.message : 'not readable: reading it throws an error';
}

/** The part of a cache key that may be logged: its first word. The rest may be a name or a token. */
function keyPrefix(key: string): string {
  return /^\/?[A-Za-z][\w-]{0,31}(?=[:/?.])/.exec(key)?.[0] ?? '(no prefix)';
}
