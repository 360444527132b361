/** Names the tags of a request. */
export type TagsOf<Request> = (request: Request) => readonly string[];

export const CACHE_TAGS = 'production-config:cache-tags';
export const INVALIDATED_TAGS = 'production-config:invalidated-tags';

type Functions = readonly TagsOf<unknown>[];

/** Adds a function to those of the same decorator on a class or a method. Returns whether it is the first one. */
export function addTagsOf(decorator: string, target: Function, tagsOf: TagsOf<never>): boolean {
  const others = (Reflect.getOwnMetadata(decorator, target) as Functions | undefined) ?? [];
  Reflect.defineMetadata(decorator, [...others, tagsOf], target);
  return others.length === 0;
}

/** Whether a class or a method has `@CacheTags()`. */
export function hasCacheTags(target: Function): boolean {
  return Reflect.hasMetadata(CACHE_TAGS, target);
}

/** The functions of `@CacheTags()` on a controller and its handler. */
export function cacheTagsOf(controller: Function, handler: Function): Functions {
  return [controller, handler].flatMap(
    (target) => (Reflect.getMetadata(CACHE_TAGS, target) as Functions | undefined) ?? [],
  );
}

/** The functions of `@InvalidatesTags()` on a handler. */
export function invalidatedTagsOf(handler: Function): Functions {
  return Reflect.getMetadata(INVALIDATED_TAGS, handler) as Functions;
}
