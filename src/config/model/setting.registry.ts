import type { AnySchema } from 'joi';
import { ConfigDefinitionError } from './config.error.js';

/** A declared setting: its name, its rule and what is said of it. */
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
      `${prototype.name}.${setting.name} is static: a setting is a field of the instance`,
    );
  }
  const settings = declared.get(prototype) ?? new Map<string, Setting>();
  declared.set(prototype, settings.set(setting.name, setting));
}

/** Gives a class the settings that its parent class has under these names, so that an overlay applies them. */
export function restoreSettings(type: Function, names: readonly string[]): void {
  const inherited = settingsOf(Object.getPrototypeOf(type) as Function);
  for (const name of names) declareSetting(type.prototype as object, inherited.get(name)!);
}

/**
 * The settings of a class by name, each as the class nearest to it declares it; over them what the overlay declares
 * beyond the ancestors that both have.
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
        `${overlay.name} declares ${name} with @Env, which would show it: it is a secret of ${type.name}`,
      );
    }
    settings.set(name, setting);
  }
  return settings;
}

/** The prototypes of a class, the most general one first. */
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
