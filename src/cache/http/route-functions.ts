import type { ExecutionContext } from '@nestjs/common';
import { entryTagKeys } from '../tags/tag-key.js';
import type { CachedRoute } from './cached-route.js';
import type { RouteWarnings } from './route-warnings.js';

/** The ttl of a response in milliseconds; NaN if the function of `@CacheTTL()` fails, so that it is not stored. */
export async function ttlOf(
  route: CachedRoute,
  context: ExecutionContext,
  defaultTtl: number,
  warnings: RouteWarnings,
): Promise<number> {
  try {
    return typeof route.ttl === 'function' ? await route.ttl(context) : (route.ttl ?? defaultTtl);
  } catch {
    warnings.warnTtl(route);
    return NaN;
  }
}

/** The keys of the tags of a response; undefined if the function of `@CacheTags()` fails, so that it is not stored. */
export function tagsOf(
  route: CachedRoute,
  request: unknown,
  warnings: RouteWarnings,
): readonly string[] | undefined {
  if (route.tags.length === 0) return [];
  try {
    return entryTagKeys(route.tags.flatMap((tags) => tags(request)));
  } catch {
    warnings.warnTags(route);
    return undefined;
  }
}
