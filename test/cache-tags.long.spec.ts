import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { CacheNode } from './support/cache-node.js';
import { REPLICATED_STORES, STORES, describeStores } from './support/cache-stores.js';
import { Stalls } from './support/stalls.js';
import { tagSuite } from './support/tag-suite.js';

const ALL = { ...STORES, ...REPLICATED_STORES };
const { memory: _memory, Redis: _Redis, ...others } = ALL;

describeStores('tags of a LoadingCache', others, tagSuite);

const TAGS = ['a', 'b', 'c', 'd', 'e'];
const KEYS = Array.from({ length: 12 }, (_, index) => ({
  key: `key:${index}`,
  tags: TAGS.filter((_tag, place) => ((index + 1) >> place) & 1),
}));
const INVALIDATIONS = 1000;
const READERS = 6;

/** Reads of values that were changed before the read began: a tag is changed at its source, and then invalidated. */
describeStores(
  '1000 random invalidations by tag, in two processes under load',
  ALL,
  ({ isShared, url, startPair }) => {
    it('are all seen within the bound of the store, and no reader gets an older value after a newer one', async () => {
      const pair = await startPair();
      const source = Object.fromEntries(TAGS.map((tag) => [tag, 0]));
      /** When a version of a tag was invalidated, by tag and version. */
      const invalidatedAt = new Map<string, number>();
      const stalls = new Stalls();
      // The bound of a tracked store is the time of a message, and of a store without invalidations 5 s.
      const isMemcached = isShared && url().startsWith('memcached');
      const isTracked = !isMemcached && !pair[1].logger.of('warn').join().includes('no invalidations');
      // Without invalidations, the run is longer than the bound.
      const [boundMs, pauseMs] = isTracked ? [500, 6] : [5_500, 26];
      const done = new AbortController();
      let reads = 0;
      const faults: string[] = [];

      const read = async (node: CacheNode, { key, tags }: (typeof KEYS)[number]) =>
        node.loading.get(
          key,
          async () => {
            const versions = Object.fromEntries(tags.map((tag) => [tag, source[tag]!]));
            await delay(Math.random() * 4);
            return versions;
          },
          { tags },
        );
      const readAll = async (node: CacheNode) => {
        const newest = new Map<string, number>();
        while (!done.signal.aborted) {
          const target = KEYS[Math.floor(Math.random() * KEYS.length)]!;
          const began = performance.now();
          const versions = await read(node, target);
          reads++;
          for (const [tag, version] of Object.entries(versions)) {
            const place = `${target.key} ${tag}`;
            if (version < (newest.get(place) ?? 0))
              faults.push(`${place}: ${version} after ${newest.get(place)}`);
            newest.set(place, Math.max(version, newest.get(place) ?? 0));
            const outdatedAt = invalidatedAt.get(`${tag} ${version}`);
            if (outdatedAt !== undefined && stalls.without([outdatedAt, began]) > boundMs)
              faults.push(`${place}: ${version} is stale`);
          }
          await delay(Math.random() * 8);
        }
      };
      const invalidate = async (node: CacheNode, count: number) => {
        for (let change = 0; change < count; change++) {
          const tag = TAGS[Math.floor(Math.random() * TAGS.length)]!;
          const version = source[tag]!++;
          await node.loading.invalidateTags(tag);
          invalidatedAt.set(`${tag} ${version}`, performance.now());
          await delay(Math.random() * pauseMs);
        }
      };

      const readers = pair.flatMap((node) => Array.from({ length: READERS }, () => readAll(node)));
      await Promise.all(pair.map((node) => invalidate(node, INVALIDATIONS / 2)));
      done.abort();
      await Promise.all(readers);
      stalls.stop();
      expect(faults.slice(0, 5)).toEqual([]);
      expect(reads).toBeGreaterThan(INVALIDATIONS);
    });
  },
);
