import type { AnySchema } from 'joi';
import { ConfigDefinitionError } from './config.error.js';

/** A declared setting: its name, its rule and its options. */
export interface Setting {
  readonly name: string;
  readonly rule: AnySchema;
  readonly secret: boolean;
  readonly about?: string;
  readonly fix?: string;
  readonly distinct?: boolean;
  readonly sharedWith?: readonly string[];
  // Each setting's `warn` takes its own type; the registry holds them all.
  readonly warn?: (value: never) => string | undefined;
  readonly warningId?: string;
}

// Keyed by prototype, so that siblings do not see each other's settings.
const declared = new WeakMap<object, Map<string, Setting>>();

export function declareSetting(prototype: object, setting: Setting): void {
  if (typeof prototype === 'function') {
    throw new ConfigDefinitionError(
      `${prototype.name}.${setting.name} is static: a setting must be an instance field`,
    );
  }
  const settings = declared.get(prototype) ?? new Map<string, Setting>();
  declared.set(prototype, settings.set(setting.name, setting));
}

/** Redeclares settings of the parent class, so that an overlay applies them. */
export function restoreSettings(type: Function, names: readonly string[]): void {
  const inherited = settingsOf(Object.getPrototypeOf(type) as Function);
  for (const name of names) declareSetting(type.prototype as object, inherited.get(name)!);
}

/**
 * The settings of a class by name. The most derived declaration wins; the overlay's declarations override it, except
 * those of ancestors that both classes share.
 */
export function settingsOf(type: Function, overlay: Function = type): Map<string, Setting> {
  const prototypes = lineage(type);
  const beyond = lineage(overlay).filter((prototype) => !prototypes.includes(prototype));
  const settings = new Map<string, Setting>();
  for (const [name, setting] of [...prototypes, ...beyond].flatMap((prototype) => [
    ...(declared.get(prototype) ?? []),
  ])) {
    if (settings.get(name)?.secret === true && !setting.secret) {
      throw new ConfigDefinitionError(
        `${overlay.name} declares ${name} with @Env, which would expose it: it is a secret in ${type.name}`,
      );
    }
    settings.set(name, setting);
  }
  return settings;
}

/** The prototype chain of a class, the base class first. */
function lineage(type: Function): object[] {
  const prototypes: object[] = [];
  for (
    let prototype: object | null = type.prototype;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    prototypes.unshift(prototype);
  }
  return prototypes;
}
