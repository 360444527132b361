import { ConfigDefinitionError } from './config.error.js';

/** Copies and freezes the value of a setting, so that neither a reader nor a rule's default can change it. */
export function freezeCopy(value: unknown, name: string): unknown {
  if (typeof value === 'function' || typeof value === 'symbol')
    throw unfreezableError(name, `a ${typeof value}`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => freezeCopy(item, name)));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw unfreezableError(name, `a ${value.constructor.name}`);
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, freezeCopy(item, name)])),
  );
}

function unfreezableError(name: string, what: string): ConfigDefinitionError {
  return new ConfigDefinitionError(
    `${name}: the rule yields ${what}, which cannot be frozen; keep the text and convert it where it is used`,
  );
}
