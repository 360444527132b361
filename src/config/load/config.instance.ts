import { ConfigDefinitionError, type ConfigProblem } from '../model/config.error.js';
import { freezeCopy } from '../model/frozen-value.js';
import { SecretTexts } from '../model/secret-texts.js';
import type { ConfigWarning } from '../model/config.warning.js';
import type { ConfigShape, Setting } from '../model/config-shape.js';
import { refuseReads } from '../model/absent-fields.js';
import { isAbsent } from '../rules/nested-values.js';

const states = new WeakMap<object, LoadedSettings>();
let constructing = false;

/** The data that a configuration was loaded from, for the class's own methods and the module. */
export function stateOf(config: object): LoadedSettings {
  const state = states.get(config);
  if (state === undefined)
    throw new ConfigDefinitionError(
      'this configuration was not made by load(): in a test, override the provider with AppConfig.load({ … })',
    );
  return state;
}

/** Only `createInstance` may construct: any other instance would contain unchecked values. */
export function refuseConstruction(type: Function): void {
  if (!constructing)
    throw new ConfigDefinitionError(`a configuration cannot be constructed: use ${type.name}.load()`);
}

/**
 * Makes the frozen instance of a class, with one for each of its groups. Secrets, and settings that contain the value of
 * one, are non-enumerable accessors.
 */
export function createInstance<T extends object>(type: new () => T, state: LoadedSettings): T {
  const secrets = new SecretTexts(state.settings.values(), state.values);
  return fill(construct(type), state.shape, state, secrets);
}

/** Finds the secrets of a configuration in texts that are shown. */
export function secretTextsOf(config: object): SecretTexts {
  const { settings, values } = stateOf(config);
  return new SecretTexts(settings.values(), values);
}

function fill<T extends object>(
  instance: T,
  shape: ConfigShape,
  state: LoadedSettings,
  secrets: SecretTexts,
): T {
  refuseForeignFields(instance, shape);
  for (const [field, { name, secret }] of shape.settings) {
    const value = freezeCopy(state.values[name], name);
    Object.defineProperty(
      instance,
      field,
      secret || secrets.areIn(value)
        ? { get: () => value, enumerable: false, configurable: false }
        : { value, enumerable: true, configurable: false, writable: false },
    );
  }
  for (const [field, group] of shape.groups) {
    const value = isAbsent(group, state.origins)
      ? undefined
      : fill(construct(group.type as new () => object), group, state, secrets);
    Object.defineProperty(instance, field, { value, enumerable: true, configurable: false, writable: false });
  }
  refuseReads(instance, shape);
  states.set(instance, { ...state, shape });
  return restoreFastReads(Object.freeze(instance));
}

/** Refuses a field that is not a setting: it is computed before the settings have values. */
function refuseForeignFields(instance: object, { type, settings, groups }: ConfigShape): void {
  for (const [field, { value }] of Object.entries(Object.getOwnPropertyDescriptors(instance))) {
    if (value === undefined) continue;
    const isDeclared = settings.has(field) || groups.has(field);
    throw new ConfigDefinitionError(
      isDeclared
        ? `${type.name}.${field} has an initialiser, which would override the environment: use the rule's .default()`
        : `${type.name}.${field} is a field but not a setting, and the settings have no values yet when it is computed: ` +
            'write a getter or a method',
    );
  }
}

/**
 * Redefining a field makes V8 use a hash table, which slows each read down fourfold. V8 optimises an object for fast
 * reads again once it is the prototype of another.
 */
function restoreFastReads<T extends object>(instance: T): T {
  const child = Object.create(instance) as Record<string, unknown>;
  let reads = 0;
  while (child['absent'] === undefined && reads < 4) reads++;
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

/** The settings of a class after reading and validation. */
export interface LoadedSettings {
  /** The class, and the overlay class of the environment, if any. */
  readonly subject: string;
  /** What the instance has. */
  readonly shape: ConfigShape;
  /** What was read, by the name of the variable, as everything below. */
  readonly settings: ReadonlyMap<string, Setting>;
  readonly values: Readonly<Record<string, unknown>>;
  /** The origin of each value. A setting without an entry was not set. */
  readonly origins: ReadonlyMap<string, string>;
  readonly warnings: readonly ConfigWarning[];
  /** The files that contain secrets, by the name of their setting. */
  readonly files: ReadonlyMap<string, string>;
  /** Reads and checks the same sources again. The instance does not change. */
  readonly reread: () => LoadedSettings & { readonly problems: readonly ConfigProblem[] };
}
