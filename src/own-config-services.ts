import { ConfigModule, ConfigService } from '@nestjs/config';
import type { NestModule } from './module-graph.js';
import { STOCK_CONFIG_SERVICE } from './stock-config.js';

/** Each ConfigService that a module makes beside the one that is locked: `OrdersModule (ConfigService)`. */
export function ownConfigServices(modules: readonly NestModule[], settings: Function): string[] {
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
