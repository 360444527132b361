/** Names the tags of a request. */
export type TagsOf<Request> = (request: Request) => readonly string[];

export const CACHE_TAGS = 'production-config:cache-tags';
export const INVALIDATED_TAGS = 'production-config:invalidated-tags';

/** The functions of `@CacheTags()` on a controller and its handler. */
export function cacheTagsOf(controller: Function, handler: Function): readonly TagsOf<unknown>[] {
  return [controller, handler]
    .map((target) => Reflect.getMetadata(CACHE_TAGS, target) as TagsOf<unknown> | undefined)
    .filter((tags) => tags !== undefined);
}
