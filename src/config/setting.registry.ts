import type { AnySchema } from 'joi';

/** A declared setting: its name, its rule and what is said of it. */
export interface Setting {
  readonly name: string;
  readonly rule: AnySchema;
  readonly secret: boolean;
  readonly about?: string;
  readonly fix?: string;
  // Each setting's `warn` takes its own type; the registry holds them all.
  readonly warn?: (value: never) => string | undefined;
}

// Keyed by prototype, so that siblings do not see each other's settings.
const declared = new WeakMap<object, Map<string, Setting>>();

export function declareSetting(prototype: object, setting: Setting): void {
  const settings = declared.get(prototype) ?? new Map<string, Setting>();
  declared.set(prototype, settings.set(setting.name, setting));
}

/** The settings of a class by name: inherited ones first, each overridden by the class nearest to it. */
export function settingsOf(type: Function): Map<string, Setting> {
  return merge(lineage(type));
}

/** The settings of a class, overlaid by those that another class declares beyond their common ancestors. */
export function settingsUnder(type: Function, overlay: Function): Map<string, Setting> {
  const prototypes = lineage(type);
  return merge([...prototypes, ...lineage(overlay).filter((prototype) => !prototypes.includes(prototype))]);
}

/** The prototypes of a class that hold settings may be anywhere up the chain; the most general comes first. */
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

function merge(prototypes: object[]): Map<string, Setting> {
  return new Map(prototypes.flatMap((prototype) => [...(declared.get(prototype) ?? [])]));
}
