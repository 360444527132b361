import { Logger } from '@nestjs/common';
import { UncacheableValue } from './near/frozen-copy.js';

const MAX_WARNINGS = 100;

/** What is said of values that are not kept as they were, once for each subject. */
export class CacheWarnings {
  /** Whether the application has a ClassSerializerInterceptor, which goes by the class of what it gets. */
  hasSerializer = () => true;

  private readonly logger = new Logger('Cache');
  private readonly said = new Set<string>();

  rejected(key: string, error: unknown): void {
    const prefix = keyPrefix(key);
    this.sayOnce(
      prefix,
      `A value was not cached under ${prefix}…: it is ${reasonOf(error)}. Said once for this prefix.`,
    );
  }

  unshared(key: string, error: unknown): void {
    const prefix = keyPrefix(key);
    this.sayOnce(
      `shared ${prefix}`,
      `A value was not shared under ${prefix}…: it is ${reasonOf(error)}. Only this process has it. Said once for this prefix.`,
    );
  }

  /** On a hit a serializer finds no class, and shows what @Exclude() hides. */
  flattened(className: string): void {
    // No class of the application: from another realm, or without a name to tell.
    if (className === 'Object' || className === '') return;
    const what = this.hasSerializer()
      ? 'its methods and decorators such as @Exclude() are not kept. List CacheInterceptor before ' +
        'ClassSerializerInterceptor, or cache plain data.'
      : 'its methods are not kept. Cache plain data, or make what you read an instance again.';
    this.sayOnce(
      `class ${className}`,
      `An instance of ${className} was cached as plain data: ${what} Said once for this class.`,
    );
  }

  private sayOnce(subject: string, text: string): void {
    if (this.said.has(subject) || this.said.size >= MAX_WARNINGS) return;
    this.said.add(subject);
    this.logger.warn(text);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof UncacheableValue ? error.message : 'one that fails while it is read';
}

/** The part of a cache key that may be logged: its leading word. What follows may be a name or a token. */
function keyPrefix(key: string): string {
  return /^\/?[A-Za-z][\w-]{0,31}(?=[:/?.])/.exec(key)?.[0] ?? '(no prefix)';
}
