import { CacheModule } from '@nestjs/cache-manager';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { unhookedModules } from './conditional-modules.js';
import { type NestModule, importersOf, importsOf, namesOf } from './module-graph.js';
import { STOCK_CONFIG_SERVICE } from './config-service.lock.js';

/**
 * What the application imports or provides although the given root module brings it already. Of two providers with one
 * token Nest silently prefers one; which one depends on the order of imports.
 */
export function competingModules(modules: ModulesContainer, root: object, settings: Function): string[] {
  const all = [...modules.values()];
  const name = root.constructor.name;
  const roots = all.filter(({ metatype }) => metatype === root.constructor);
  // Each root asks; the first one answers for all of them.
  if (roots[0]?.instance !== root) return [];

  const stock = all.find(({ metatype }) => metatype === settings)!;
  const bare = importsOf(stock).find(({ metatype }) => metatype === ConfigModule);
  const caches = all.filter((module) => module.metatype === CacheModule && !importsIt(module, settings));
  const configs = all.filter(
    (module) => module.metatype === ConfigModule && module !== bare && isForRoot(module),
  );
  const early = all.filter((module) => module.metatype !== settings && importsOf(module).includes(bare!));
  const warnings: string[] = [];
  if (roots.length > 1) {
    warnings.push(
      `${name} is configured ${roots.length} times (${importersOf(roots, all)}): keep one of them`,
    );
  }
  if (caches.length > 0) {
    warnings.push(
      `CacheModule is also imported (${importersOf(caches, all)}): that cache is unbounded. ` +
        `Remove it: ${name} provides CACHE_MANAGER`,
    );
  }
  if (configs.length > 0) {
    warnings.push(
      `ConfigModule.forRoot() is also imported (${importersOf(configs, all)}): it writes to process.env. ` +
        `Remove it: ${name} provides ConfigService`,
    );
  }
  if (early.length > 0) {
    warnings.push(
      `ConfigModule is imported by ${namesOf(early)}, whose factories may call ConfigService before it has the checked ` +
        `values. Remove the import: ${name} provides ConfigService`,
    );
  }
  const own = ownConfigServices(all, settings);
  if (own.length > 0) {
    warnings.push(
      `ConfigService is also provided by ${own.join(', ')}: that instance can be changed, and it reads the raw ` +
        `environment for a setting without a value. Remove it from providers: ${name} provides ConfigService`,
    );
  }
  const unhooked = unhookedModules(all).flatMap(importsOf);
  if (unhooked.length > 0) {
    warnings.push(
      `ConditionalModule read process.env instead of the checked values for ${namesOf(unhooked)}, because ` +
        'registerWhen() was called before nestjs-production-config was loaded: import it first in main.ts',
    );
  }
  return warnings;
}

function importsIt(module: NestModule, metatype: Function): boolean {
  return importsOf(module).some((imported) => imported.metatype === metatype);
}

/** `forFeature` only shares the one ConfigService; `forRoot` sets it up a second time. */
function isForRoot(configModule: NestModule): boolean {
  const loader = configModule.providers.get('CONFIGURATION_LOADER');
  return configModule.isGlobal || loader === undefined || loader.metatype?.length === 1;
}

/** Each ConfigService that a module makes beside the one that is locked: `OrdersModule (ConfigService)`. */
function ownConfigServices(modules: readonly NestModule[], settings: Function): string[] {
  const isOurs = ({ metatype }: NestModule) => metatype === ConfigModule || metatype === settings;
  const shared = new Set<unknown>(
    modules.flatMap(({ metatype, providers }) => [
      providers.get(STOCK_CONFIG_SERVICE)?.instance,
      ...(metatype === settings ? [providers.get(ConfigService)?.instance] : []),
    ]),
  );
  return modules
    .filter((module) => !isOurs(module))
    .flatMap(({ metatype: module, providers }) =>
      [...providers.values()]
        .filter(({ token, isAlias }) => token !== STOCK_CONFIG_SERVICE && !isAlias)
        .filter(
          ({ metatype, instance }) =>
            isConfigService(metatype?.prototype) || (isConfigService(instance) && !shared.has(instance)),
        )
        .map(({ token }) => `${module.name} (${typeof token === 'function' ? token.name : String(token)})`),
    );
}

function isConfigService(value: unknown): boolean {
  return value === ConfigService.prototype || value instanceof ConfigService;
}
