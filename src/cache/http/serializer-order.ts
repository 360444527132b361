import { ClassSerializerInterceptor, Logger, type ExecutionContext } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import type { ApplicationConfig } from '@nestjs/core';
import { FrozenCopy } from '../frozen-copy.js';

/**
 * Names the routes whose answers lose their class before ClassSerializerInterceptor sees them, which then shows on
 * a hit what `@Exclude()` hides on a miss.
 */
export class SerializerOrder {
  private readonly logger = new Logger('Cache');
  private readonly said = new WeakSet<Function>();

  constructor(
    private readonly application: ApplicationConfig,
    private readonly cache: Function,
  ) {}

  /** Whether a serializer will look for the classes of this answer, which a cached copy has no more. */
  needsClassOf(body: unknown, context: ExecutionContext): boolean {
    if (!this.isWrong(context)) return false;
    const className = classIn(body);
    if (className === undefined) return false;
    this.warn(context, className);
    return true;
  }

  private isWrong(context: ExecutionContext): boolean {
    const listed = [context.getClass(), context.getHandler()].flatMap(
      (target) => (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[],
    );
    const order = [
      ...this.application.getGlobalInterceptors(),
      ...this.application.getGlobalRequestInterceptors().map(({ metatype }) => metatype),
      ...listed,
    ];
    const serializer = order.findIndex((interceptor) => isA(interceptor, ClassSerializerInterceptor));
    const cache = order.findIndex((interceptor) => isA(interceptor, this.cache));
    return serializer !== -1 && serializer < cache;
  }

  private warn(context: ExecutionContext, className: string): void {
    const handler = context.getHandler();
    if (this.said.has(handler)) return;
    this.said.add(handler);
    this.logger.warn(
      `${context.getClass().name}.${handler.name} is not cached: it answers with instances of ${className} to a ` +
        'ClassSerializerInterceptor, which would not find what @Exclude() hides on a hit. List HttpCacheInterceptor ' +
        'before it; where it is global, provide HttpCacheInterceptor as an APP_INTERCEPTOR before it. Said once for this route.',
    );
  }
}

function isA(interceptor: unknown, type: Function): boolean {
  return (
    interceptor instanceof type ||
    (typeof interceptor === 'function' && (interceptor === type || interceptor.prototype instanceof type))
  );
}

/** The first class whose instances a copy would flatten; what cannot be copied is not cached anyway. */
function classIn(body: unknown): string | undefined {
  try {
    return new FrozenCopy(body, Infinity).flattened;
  } catch {
    return undefined;
  }
}
