import { UseInterceptors } from '@nestjs/common';
import { TagInvalidationInterceptor } from './tag-invalidation.interceptor.js';
import { CACHE_TAGS, INVALIDATED_TAGS, type TagsOf, addTagsOf } from './tags-of-request.js';

/** The parts of a request that name its tags, on Express and on Fastify. */
export interface TaggedRequest {
  /** `GET`, `POST` and so on. */
  readonly method: string;
  /** The path and the query. */
  readonly url: string;
  /** The parameters of the path, before pipes have changed them. */
  readonly params: Readonly<Record<string, string>>;
  /** The query, as the adapter parses it. */
  readonly query: Readonly<Record<string, unknown>>;
  /** The headers, by their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body, before pipes have changed it. */
  readonly body?: unknown;
}

/**
 * Adds tags to the cached responses of a route, or of all routes of a controller: `LoadingCache.invalidateTags()` and
 * `@InvalidatesTags()` invalidate all responses and values with one of them, in every process. The route is cached by
 * `@CachePublic()` or `@CacheVary()`. A class and its method may both have tags, and the decorator can be
 * repeated. A response has at most 128 tags of 1 to 256 characters.
 *
 * The function gets the request before pipes have changed it. If it throws, the response is not cached, and a warning
 * names the route once.
 *
 * @example
 * ```ts
 * @Get(':id')
 * @CachePublic()
 * @CacheTags(({ params }) => [`product:${params['id']}`, 'products'])
 * product() {}
 * ```
 */
export function CacheTags<Request = TaggedRequest>(tags: TagsOf<Request>): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: { readonly value?: unknown }) => {
    addTagsOf(CACHE_TAGS, (descriptor?.value ?? target) as Function, tags);
  };
}

/**
 * Invalidates all cached responses and values with one of these tags, in every process, after the handler has succeeded and
 * before its response is sent: a client that has the response reads no older value from this process. Nothing is
 * invalidated if the handler throws or sets a status of 400 or more. If the function throws, the handler does not run.
 *
 * It can be repeated. It is for HTTP routes: in resolvers, message handlers and jobs call `LoadingCache.invalidateTags()`.
 *
 * @example
 * ```ts
 * @Patch(':id')
 * @InvalidatesTags(({ params }) => [`product:${params['id']}`, 'products'])
 * rename() {}
 * ```
 */
export function InvalidatesTags<Request = TaggedRequest>(tags: TagsOf<Request>): MethodDecorator {
  return (target, key, descriptor) => {
    const isFirst = addTagsOf(INVALIDATED_TAGS, descriptor.value as Function, tags);
    if (isFirst) UseInterceptors(TagInvalidationInterceptor)(target, key, descriptor);
  };
}
