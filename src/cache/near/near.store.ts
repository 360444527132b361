import type { NearCache } from './near.cache.js';

/** The part of the near cache that the far cache writes to. */
export type NearStore = Pick<
  NearCache,
  'counts' | 'warnings' | 'clearCount' | 'keep' | 'delete' | 'clear' | 'dropAll'
>;
