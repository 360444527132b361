import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { BoundedStore } from './cache/bounded.store.js';

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;

/**
 * What the application imports although the given root module brings it already. Of two providers with one token
 * Nest silently prefers one; which one depends on the order of imports.
 */
export function competingModules(modules: ModulesContainer, root: object): string[] {
  const all = [...modules.values()];
  const name = root.constructor.name;
  const roots = all.filter(({ metatype }) => metatype === root.constructor);
  // Each root asks; the first one answers for all of them.
  if (roots[0]?.instance !== root) return [];

  const caches = all.filter((module) => module.metatype === CacheModule && !isBounded(module));
  const configs = all.filter((module) => module.metatype === ConfigModule && isForRoot(module));
  const warnings: string[] = [];
  if (roots.length > 1) {
    warnings.push(
      `${name} is configured ${roots.length} times (${importersOf(roots, all)}): keep one of them`,
    );
  }
  if (caches.length > 0) {
    warnings.push(
      `CacheModule is imported once more (${importersOf(caches, all)}): nothing bounds that cache. ` +
        `Remove it, ${name} provides CACHE_MANAGER`,
    );
  }
  if (configs.length > 0) {
    warnings.push(
      `ConfigModule.forRoot() is imported as well (${importersOf(configs, all)}): it writes to the environment. ` +
        `Remove it, ${name} provides ConfigService`,
    );
  }
  return warnings;
}

function isBounded(cacheModule: NestModule): boolean {
  const cache = cacheModule.providers.get(CACHE_MANAGER)?.instance as { stores?: unknown[] } | undefined;
  return cache?.stores?.[0] instanceof BoundedStore;
}

/** `forFeature` and the bare class only share the one ConfigService; `forRoot` sets it up a second time. */
function isForRoot(configModule: NestModule): boolean {
  const isBare = configModule.providers.get(ConfigService)?.isAlias ?? true;
  return !isBare && (configModule.isGlobal || !configModule.providers.has('CONFIGURATION_LOADER'));
}

/** Nest adds a global module to the imports of every other one, so nothing tells who imported it. */
function importersOf(found: NestModule[], all: NestModule[]): string {
  const names = found.flatMap((module) =>
    module.isGlobal
      ? 'globally'
      : all.filter(({ imports }) => imports.has(module)).map(({ metatype }) => `by ${metatype.name}`),
  );
  return [...new Set(names)].join(', ');
}
