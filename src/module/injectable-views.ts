import { CacheEngine, HttpCache, HttpCacheInterceptor, LoadingCache } from '../cache/index.js';
import { showInstancesAs } from '../config/index.js';
import { PageRequestFilter, PageRoutes, PaginationInterceptor } from '../pagination/index.js';

/** Makes JSON and inspect show the counters of an injectable instead of its fields, some of which are circular. */
export function summarizeInjectables(): void {
  showInstancesAs(LoadingCache, ({ counts }) => ({ ...counts }));
  showInstancesAs(CacheEngine, ({ about, near, counts }) => ({
    about,
    entries: near.size,
    ...counts,
    rejections: near.counts.rejections,
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
