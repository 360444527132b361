import { BaseConfig, stateOf } from '../config/index.js';

/** What ConfigService can be asked for: a field or getter of the class, the name of a variable, or a path from there. */
export class ConfigPaths {
  /** The fields that lead to a value, by the name of the field, getter or variable. */
  private readonly byName: ReadonlyMap<string, readonly string[]>;

  constructor(config: BaseConfig) {
    const { settings, shape } = stateOf(config);
    const fields = [...shape.settings.keys(), ...shape.groups.keys(), ...gettersOf(config)];
    this.byName = new Map([
      ...[...settings.values()].flatMap(({ name, alias, path }) =>
        [name, ...alias].map((each) => [each, path] as const),
      ),
      // Last: a field wins over a variable of its name.
      ...fields.map((field) => [field, [field]] as const),
    ]);
  }

  /** The fields and properties that a path leads through; undefined if it does not begin at a field or variable. */
  fieldsOf(path: unknown): readonly string[] | undefined {
    // Fast path: most paths are plain names.
    const named = this.byName.get(path as string);
    if (named !== undefined) return named;
    const [first = '', ...rest] = stepsOf(path);
    const start = this.byName.get(first);
    return start && [...start, ...rest];
  }
}

/** The getters of the classes below BaseConfig. */
function gettersOf(config: object): string[] {
  const prototype: unknown = Object.getPrototypeOf(config);
  if (prototype === BaseConfig.prototype || typeof prototype !== 'object' || prototype === null) return [];
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  const getters = own.filter(([, descriptor]) => descriptor.get !== undefined).map(([name]) => name);
  return [...getters, ...gettersOf(prototype)];
}

/** Splits a path in any form that Nest accepts: 'A.b', 'A[0]' and ['A', 'b']. */
function stepsOf(path: unknown): string[] {
  return Array.isArray(path)
    ? path.map(String)
    : String(path)
        .split(/[.[\]"']+/)
        .filter((step) => step !== '');
}
