import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { type Observable, concat, defer, ignoreElements } from 'rxjs';
import { ConfigDefinitionError } from '../../config/index.js';
import { CacheEngine } from '../cache.engine.js';
import { tagKeys } from '../tags/tag-key.js';
import { responseOf } from './adapter/response-of.js';
import { INVALIDATED_TAGS, type TagsOf } from './tags-of-request.js';

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
    const tagsOf = Reflect.getMetadata(INVALIDATED_TAGS, context.getHandler()) as TagsOf<unknown>;
    // Before the handler runs: a function that throws must not do so after the change.
    const keys = tagKeys(tagsOf(context.getArgByIndex(0)));
    const { raw } = responseOf(context.getArgByIndex(1));
    const invalidate = async () => {
      if (raw.statusCode < 400) await this.engine.invalidateTags(keys);
    };
    // Nest sends the response on completion.
    return concat(next.handle(), defer(invalidate).pipe(ignoreElements()));
  }
}
