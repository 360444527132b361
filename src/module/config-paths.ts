import { BaseConfig, stateOf, valueAt } from '../config/index.js';

/** What ConfigService can be asked for: a field or getter of the class, a path from there, or the name of a variable. */
export class ConfigPaths {
  private readonly values: Readonly<Record<string, unknown>>;
  /** The fields and getters of the class. */
  private readonly fields: ReadonlySet<string>;
  /** For the name of a variable: the fields that lead to its value. */
  private readonly variables: ReadonlyMap<string, readonly string[]>;

  constructor(config: BaseConfig) {
    const { settings, shape } = stateOf(config);
    this.values = config as unknown as Readonly<Record<string, unknown>>;
    this.fields = new Set([...shape.settings.keys(), ...shape.groups.keys(), ...gettersOf(config)]);
    this.variables = new Map(
      [...settings.values()].flatMap(({ name, alias, path }) =>
        [name, ...alias].map((each) => [each, path] as const),
      ),
    );
  }

  has(path: unknown): boolean {
    return this.fields.has(path as string) || this.fieldsOf(path) !== undefined;
  }

  read(path: unknown): unknown {
    // Fast path: most paths are plain names.
    if (this.fields.has(path as string)) return this.values[path as string];
    const fields = this.fieldsOf(path);
    return fields && valueAt(this.values, fields);
  }

  /** The fields and properties that a path leads through; undefined if it does not begin at a field or variable. */
  private fieldsOf(path: unknown): readonly string[] | undefined {
    const [first = '', ...rest] = stepsOf(path);
    if (this.fields.has(first)) return [first, ...rest];
    const variable = this.variables.get(first);
    return variable && [...variable, ...rest];
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
