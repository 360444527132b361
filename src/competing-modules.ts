import { CacheModule } from '@nestjs/cache-manager';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;

/** The modules through which the root brings a cache and a ConfigService of its own. */
interface OwnModules {
  readonly settings: Function;
  readonly stockConfig: Function;
}

/**
 * What the application imports although the given root module brings it already. Of two providers with one token
 * Nest silently prefers one; which one depends on the order of imports.
 */
export function competingModules(
  modules: ModulesContainer,
  root: object,
  { settings, stockConfig }: OwnModules,
): string[] {
  const all = [...modules.values()];
  const name = root.constructor.name;
  const roots = all.filter(({ metatype }) => metatype === root.constructor);
  // Each root asks; the first one answers for all of them.
  if (roots[0]?.instance !== root) return [];

  const caches = all.filter((module) => module.metatype === CacheModule && !importsIt(module, settings));
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
  const early = all.filter(
    ({ metatype, imports }) => metatype !== stockConfig && [...imports].some(isBareConfigModule),
  );
  if (early.length > 0) {
    const names = early.map(({ metatype }) => metatype.name).join(', ');
    warnings.push(
      `ConfigModule is imported by ${names}, whose factories may ask ConfigService before the checked values are ` +
        `in it. Remove the import, ${name} provides ConfigService`,
    );
  }
  return warnings;
}

function importsIt(module: NestModule, metatype: Function): boolean {
  return [...module.imports].some((imported) => imported.metatype === metatype);
}

/** `forFeature` and the bare class only share the one ConfigService; `forRoot` sets it up a second time. */
function isForRoot(configModule: NestModule): boolean {
  return (
    !isBareConfigModule(configModule) &&
    (configModule.isGlobal || !configModule.providers.has('CONFIGURATION_LOADER'))
  );
}

function isBareConfigModule({ metatype, providers }: NestModule): boolean {
  return metatype === ConfigModule && providers.get(ConfigService)?.isAlias === true;
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
