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
  // Most paths are names; only what is none may lead into a setting that is an object or a list.
  const declared = (path: unknown): path is string =>
    typeof path === 'string' && (settings.has(path) || settings.has(path.split('.', 1)[0]!));
  const get = service.get.bind(service) as (...args: unknown[]) => unknown;
  const set = service.set.bind(service) as (...args: unknown[]) => void;
  const values = config as unknown as Readonly<Record<string, unknown>>;
  const read = (path: string) => (settings.has(path) ? values[path] : within(values, path));
  const view = () => config.toJSON();

  return Object.defineProperties(service, {
    get: {
      configurable: true,
      value: (path: unknown, ...rest: unknown[]) =>
        declared(path) ? (read(path) ?? defaultOf(rest)) : get(path, ...rest),
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

function within(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value, step) => (value as Record<string, unknown> | undefined)?.[step], object);
}

/** `get(path, default)` and `get(path, default, { infer })` have a default; `get(path, { infer })` has none. */
function defaultOf([first, options]: unknown[]): unknown {
  const isOptions = options === undefined && typeof first === 'object' && first !== null && 'infer' in first;
  return isOptions ? undefined : first;
}
