import type { ConfigService } from '@nestjs/config';
import { inspect } from 'node:util';
import type { BaseConfig } from './base.config.js';
import { ConfigDefinitionError } from './config.error.js';
import { stateOf } from './config.instance.js';

/**
 * Makes Nest's ConfigService answer for the declared settings with the checked values, whatever the environment
 * holds by now, refuse to change them, and show nothing secret. It answers for everything else as before.
 *
 * The service itself is changed, not replaced: modules that call `ConfigModule.forFeature` share this instance.
 */
export function lockConfigService(service: ConfigService, config: BaseConfig): ConfigService {
  const { settings } = stateOf(config);
  const declared = (path: unknown): path is string =>
    typeof path === 'string' && settings.has(path.split('.', 1)[0]!);
  const get = service.get.bind(service) as (...args: unknown[]) => unknown;
  const set = service.set.bind(service) as (...args: unknown[]) => void;
  const view = () => config.toJSON();

  return Object.defineProperties(service, {
    get: {
      configurable: true,
      value: (path: unknown, ...rest: unknown[]) => {
        if (!declared(path)) return get(path, ...rest);
        return read(config, path) ?? defaultOf(rest);
      },
    },
    set: {
      configurable: true,
      value: (path: unknown, value: unknown) => {
        if (declared(path))
          throw new ConfigDefinitionError(`${path} is a declared setting and cannot be changed`);
        set(path, value);
      },
    },
    toJSON: { value: view, configurable: true },
    [inspect.custom]: { value: () => `ConfigService ${inspect(view())}`, configurable: true },
  });
}

function read(config: BaseConfig, path: string): unknown {
  const [name, ...steps] = path.split('.');
  const value = (config as unknown as Record<string, unknown>)[name!];
  return steps.reduce<unknown>(
    (object, step) => (object as Record<string, unknown> | undefined)?.[step],
    value,
  );
}

/** `get(path, default)` and `get(path, default, { infer })` have a default; `get(path, { infer })` has none. */
function defaultOf([first, options]: unknown[]): unknown {
  const isOptions = options === undefined && typeof first === 'object' && first !== null && 'infer' in first;
  return isOptions ? undefined : first;
}
