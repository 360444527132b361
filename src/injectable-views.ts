import { BoundedStore } from './cache/bounded.store.js';
import { HttpCache } from './cache/http/http-cache.js';
import { HttpCacheInterceptor } from './cache/http/http-cache.interceptor.js';
import { LoadingCache } from './cache/loading.cache.js';
import { showInstancesAs } from './config/redaction.js';
import { PageRequestFilter } from './pagination/page-request.filter.js';
import { PageRoutes } from './pagination/page-routes.js';
import { PaginationInterceptor } from './pagination/pagination.interceptor.js';

/** Makes JSON and inspect show figures of an injectable instead of the objects that it holds, some of which are circular. */
export function limitViews(): void {
  showInstancesAs(LoadingCache, ({ counts }) => ({ ...counts }));
  showInstancesAs(BoundedStore, ({ about, entries, counts }) => ({
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
    showInstancesAs<object>(type, () => ({}));
  }
}
