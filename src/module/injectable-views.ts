import { BoundedStore, HttpCache, HttpCacheInterceptor, LoadingCache } from '../cache/index.js';
import { redactInstances } from '../config/index.js';
import { PageRequestFilter, PageRoutes, PaginationInterceptor } from '../pagination/index.js';

/** Makes JSON and inspect show figures of an injectable instead of the objects that it holds, some of which are circular. */
export function limitViews(): void {
  redactInstances(LoadingCache, ({ counts }) => ({ ...counts }));
  redactInstances(BoundedStore, ({ about, entries, counts }) => ({
    about,
    entries: entries.size,
    ...counts,
  }));
  for (const type of [
    HttpCache,
    HttpCacheInterceptor,
    PageRequestFilter,
    PageRoutes,
    PaginationInterceptor,
  ]) {
    redactInstances<object>(type, () => ({}));
  }
}
