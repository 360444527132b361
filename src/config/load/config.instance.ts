import { ConfigDefinitionError } from '../model/config.error.js';
import { SecretTexts } from '../model/secret-texts.js';
import type { ConfigWarning } from '../model/config.warning.js';
import type { Setting } from '../model/setting.registry.js';

const states = new WeakMap<object, LoadedSettings>();
let constructing = false;

/** What a configuration was loaded from; a class's own methods and the module read it. */
export function stateOf(config: object): LoadedSettings {
  const state = states.get(config);
  if (state === undefined)
    throw new ConfigDefinitionError(
      'a configuration that load() did not make: in a test, override the provider with AppConfig.load({ … })',
    );
  return state;
}

/** Only `createInstance` may construct: an instance that skipped the rules would be a lie. */
export function refuseConstruction(type: Function): void {
  if (!constructing)
    throw new ConfigDefinitionError(`a configuration is not constructed: use ${type.name}.load()`);
}

/**
 * Makes the one frozen instance of a class. Secrets, and settings that hold the value of one, are accessors that no
 * enumeration shows.
 */
export function createInstance<T extends object>(type: new () => T, state: LoadedSettings): T {
  const instance = construct(type);
  const secrets = new SecretTexts(state.settings.values(), state.values);
  for (const [name, { secret }] of state.settings) {
    if (name in type.prototype) {
      throw new ConfigDefinitionError(
        `${type.name}.${name} is a method of the class: give the setting another name`,
      );
    }
    if ((instance as Record<string, unknown>)[name] !== undefined) {
      throw new ConfigDefinitionError(
        `${type.name}.${name} has an initialiser, which would hide the environment: write it as the rule's .default()`,
      );
    }
    const value = frozen(state.values[name], name);
    Object.defineProperty(
      instance,
      name,
      secret || secrets.areIn(value)
        ? { get: () => value, enumerable: false, configurable: false }
        : { value, enumerable: true, configurable: false, writable: false },
    );
  }
  states.set(instance, state);
  return compact(Object.freeze(instance));
}

/**
 * Redefining a field leaves V8 with a hash table, from which each read takes four times as long. An object that
 * others inherit from is laid out for fast reads again.
 */
function compact<T extends object>(instance: T): T {
  const heir = Object.create(instance) as Record<string, unknown>;
  let reads = 0;
  while (heir['absent'] === undefined && reads < 4) reads++;
  return instance;
}

function construct<T>(type: new () => T): T {
  constructing = true;
  try {
    return new type();
  } finally {
    constructing = false;
  }
}

/** A frozen copy, so that neither a reader nor the rule's own default can change what was loaded. */
function frozen(value: unknown, name: string): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw unfreezable(name, `a ${typeof value}`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => frozen(item, name)));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw unfreezable(name, `a ${value.constructor.name}`);
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, frozen(item, name)])),
  );
}

function unfreezable(name: string, what: string): ConfigDefinitionError {
  return new ConfigDefinitionError(
    `${name}: the rule yields ${what}, which cannot be frozen; keep the text and convert it where it is used`,
  );
}

/** The settings of a class after everything was read and checked. */
export interface LoadedSettings {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where each value came from; a setting without an entry was not set. */
  readonly origins: ReadonlyMap<string, string>;
  readonly warnings: readonly ConfigWarning[];
}
