import { ConfigPaths } from './config-paths.js';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { inspect } from 'node:util';
import {
  type BaseConfig,
  ConfigDefinitionError,
  stateOf,
  valueAt,
  withRedactedView,
} from '../config/index.js';
import type { ExistingProvider, InjectionToken } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';

/**
 * Makes Nest's ConfigService return the checked values of the declared settings, even if the environment has changed
 * since. It refuses to change them and shows no secrets. Everything else works as before.
 *
 * The instance is changed, not replaced, because modules that call `ConfigModule.forFeature` share it.
 */
export function lockConfigService(service: ConfigService, config: BaseConfig): ConfigService {
  const paths = new ConfigPaths(config);
  const get = service.get.bind(service) as (...args: unknown[]) => unknown;
  const set = service.set.bind(service) as (...args: unknown[]) => void;
  const view = () => config.toJSON();

  shareValues(service, config);
  // The application's `registerAs` factories may have loaded secrets, and functions, which cannot be cloned.
  for (const name of ['internalConfig', 'cache', 'parser'])
    hide(service as unknown as Record<string, unknown>, name);
  return Object.defineProperties(service, {
    get: {
      configurable: true,
      value: (path: unknown, ...rest: unknown[]) => {
        const fields = paths.fieldsOf(path);
        return fields === undefined ? get(path, ...rest) : (valueAt(config, fields) ?? defaultOf(rest));
      },
    },
    set: {
      configurable: true,
      value: (path: unknown, value: unknown) => {
        if (paths.fieldsOf(path) !== undefined)
          throw new ConfigDefinitionError(`${String(path)} is a declared setting and cannot be changed`);
        set(path, value);
      },
    },
    toJSON: { value: view, configurable: true },
    [inspect.custom]: { value: () => `ConfigService ${inspect(view())}`, configurable: true },
  });
}

/**
 * Stores the checked values where Nest stores validated ones, so that a second ConfigService of the application returns
 * them, too.
 */
function shareValues(service: ConfigService, config: BaseConfig): void {
  const { settings, shape } = stateOf(config);
  const checked = Object.create(null) as object;
  for (const field of [...shape.settings.keys(), ...shape.groups.keys()]) {
    Object.defineProperty(checked, field, {
      get: () => config[field as keyof BaseConfig],
      configurable: true,
    });
  }
  for (const [name, { secret, path }] of settings) {
    Object.defineProperty(checked, name, { get: () => valueAt(config, path), enumerable: !secret });
  }
  const { internalConfig } = service as unknown as { readonly internalConfig: object };
  Object.defineProperty(internalConfig, '_PROCESS_ENV_VALIDATED', {
    value: withRedactedView(checked, () => config.toJSON()),
    // As Nest's own forRoot({ validate }) would.
    writable: true,
    configurable: true,
  });
}

/** Makes a property non-enumerable; it works as before. */
function hide(target: Record<string, unknown>, name: string): void {
  let value = target[name];
  Object.defineProperty(target, name, {
    get: () => value,
    set: (next: unknown) => {
      value = next;
    },
    enumerable: false,
    configurable: true,
  });
}

/** `get(path, default)` and `get(path, default, { infer })` have a default; `get(path, { infer })` has none. */
function defaultOf([first, options]: unknown[]): unknown {
  const isOptions = options === undefined && typeof first === 'object' && first !== null && 'infer' in first;
  return isOptions ? undefined : first;
}

/**
 * The token under which Nest creates its ConfigService; the class is only an alias. A test that overrides ConfigService
 * does not affect this token.
 */
export const STOCK_CONFIG_SERVICE: InjectionToken = aliasTarget(ConfigService);

function aliasTarget(token: InjectionToken): InjectionToken {
  const providers = Reflect.getMetadata(MODULE_METADATA.PROVIDERS, ConfigModule) as ExistingProvider[];
  return providers.find(({ provide }) => provide === token)!.useExisting as InjectionToken;
}
