import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/constants.js';
import { Observable, concat, defer, firstValueFrom, ignoreElements, toArray } from 'rxjs';
import { ConfigDefinitionError } from '../../config/index.js';
import { CacheEngine } from '../cache.engine.js';
import { tagKeys } from '../tags/tag-key.js';
import { responseOf } from './adapter/response-of.js';
import { invalidatedTagsOf } from './tags-of-request.js';

/** Invalidates the tags of `@InvalidatesTags()`. */
@Injectable()
export class TagInvalidationInterceptor implements NestInterceptor {
  constructor(@Inject(CacheEngine) private readonly engine: CacheEngine) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') {
      throw new ConfigDefinitionError(
        '@InvalidatesTags() is for HTTP routes: call LoadingCache.invalidateTags() here instead',
      );
    }
    const handler = context.getHandler();
    // Before the handler runs: a function that throws must not do so after the change.
    const request = context.getArgByIndex<unknown>(0);
    const keys = tagKeys(invalidatedTagsOf(handler).flatMap((tagsOf) => tagsOf(request)));
    const { raw } = responseOf(context.getArgByIndex(1));
    const invalidate = async (isAwaited: boolean) => {
      // If an outer interceptor has answered, the status is not that of the handler.
      if (raw.statusCode < 400 || !isAwaited) await this.engine.invalidateTags(keys);
    };
    const isStream = Reflect.getMetadata(SSE_METADATA, handler) === true;
    if (isStream) return concat(next.handle(), defer(async () => invalidate(true)).pipe(ignoreElements()));
    // Outer interceptors may stop waiting, by timeout() or first(), while the handler still changes something.
    return new Observable((subscriber) => {
      const run = async () => {
        const values = await firstValueFrom(next.handle().pipe(toArray()));
        await invalidate(!subscriber.closed);
        for (const value of values) subscriber.next(value);
        subscriber.complete();
      };
      run().catch((error: unknown) => subscriber.error(error));
    });
  }
}
