import { CacheModule } from '@nestjs/cache-manager';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;

/**
 * What the application imports although the given root module brings it already. Of two providers with one
 * token Nest silently prefers one; which one depends on the order of imports.
 */
export function competingModules(modules: ModulesContainer, root: object): string[] {
  const all = [...modules.values()];
  const roots = all.filter(({ metatype }) => metatype === root.constructor);
  // Each root asks; the first one answers for all of them.
  if (roots[0]?.instance !== root) return [];
  const ours = new Set(roots.flatMap(({ imports }) => [...imports]));
  const importersOf = (found: NestModule[]) =>
    all
      .filter(({ imports }) => found.some((module) => imports.has(module)))
      .map(({ metatype }) => metatype.name)
      .join(', ');

  const name = root.constructor.name;
  const again = roots.slice(1);
  const caches = all.filter((module) => module.metatype === CacheModule && !ours.has(module));
  const configs = all.filter((module) => module.metatype === ConfigModule && isForRoot(module));
  const warnings: string[] = [];
  if (again.length > 0) {
    warnings.push(
      `${name} is configured ${roots.length} times (imported by ${importersOf(roots)}): keep one of them`,
    );
  }
  if (caches.length > 0) {
    warnings.push(
      `CacheModule is imported once more, by ${importersOf(caches)}: nothing bounds that cache; ` +
        `remove it, ${name} provides CACHE_MANAGER`,
    );
  }
  if (configs.length > 0) {
    warnings.push(
      `ConfigModule.forRoot() is imported as well, by ${importersOf(configs)}: it copies its values into process.env; ` +
        `remove it, ${name} provides ConfigService`,
    );
  }
  return warnings;
}

/** `forFeature` and the bare class only share the one ConfigService; `forRoot` sets it up a second time. */
function isForRoot(module: NestModule): boolean {
  const isBare = module.providers.get(ConfigService)?.isAlias ?? true;
  return !isBare && (module.isGlobal || !module.providers.has('CONFIGURATION_LOADER'));
}
