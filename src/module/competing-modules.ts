import { CacheModule } from '@nestjs/cache-manager';
import { ConfigModule, ConfigService } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { unhookedModules } from './conditional-modules.js';
import { type NestModule, importersOf, importsOf, namesOf } from './module-graph.js';
import { STOCK_CONFIG_SERVICE } from './config-service.lock.js';

/**
 * Warns of imports and providers that compete with those of the root module. If two providers have the same token, Nest
 * silently picks one, depending on the order of imports.
 */
export function competingModules(modules: ModulesContainer, root: object, settings: Function): string[] {
  const all = [...modules.values()];
  const name = root.constructor.name;
  const roots = all.filter(({ metatype }) => metatype === root.constructor);
  // Called by each root; only the first one reports.
  if (roots[0]?.instance !== root) return [];

  const stock = all.find(({ metatype }) => metatype === settings)!;
  const bare = importsOf(stock).find(({ metatype }) => metatype === ConfigModule);
  const caches = all.filter((module) => module.metatype === CacheModule && !importsModule(module, settings));
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
      `ConfigModule.forRoot() is also imported (${importersOf(configs, all)}): it writes to the environment. ` +
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
      `ConditionalModule read the raw environment instead of the checked values for ${namesOf(unhooked)}, because ` +
        'registerWhen() was called before nestjs-production-config was loaded: import it first in main.ts',
    );
  }
  return warnings;
}

function importsModule(module: NestModule, metatype: Function): boolean {
  return importsOf(module).some((imported) => imported.metatype === metatype);
}

/** `forFeature` shares the existing ConfigService; `forRoot` sets up another one. */
function isForRoot(configModule: NestModule): boolean {
  const loader = configModule.providers.get('CONFIGURATION_LOADER');
  return configModule.isGlobal || loader === undefined || loader.metatype?.length === 1;
}

/** The providers of a second, unlocked ConfigService: `OrdersModule (ConfigService)`. */
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
