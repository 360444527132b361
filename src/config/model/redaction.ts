import { type InspectOptions, inspect } from 'node:util';

export const REDACTED = '[redacted]';

/** Removes credentials in URLs from a value, and turns bigints into text for JSON. */
export function redactCredentials(value: unknown): unknown {
  if (typeof value === 'string') {
    return value
      .replace(CREDENTIAL_PROPERTY, `$1${REDACTED}`)
      .replace(WHOLE_URL_CREDENTIALS, `$1$2${REDACTED}@`)
      .replace(URL_CREDENTIALS, `$1$2${REDACTED}@`)
      .replace(CREDENTIAL_PARAMETER, `$1${REDACTED}`);
  }
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(redactCredentials);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactCredentials(item)]));
}

// As in lenient parsers, the password ends at the last @, and the user may contain one. Over HTTP a user alone is a token.
const URL_CREDENTIALS =
  /((?<![a-z0-9+.-])(?!https?:)[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:]*:)\S*@|((?<![a-z0-9+.-])https?:\/\/(?:[^\s/?#:@]*:)?)[^\s/?#]*@/gi;
/** If the whole text is a URL, blanks belong to its password. */
const WHOLE_URL_CREDENTIALS =
  /^(\s*(?!https?:)[a-z][a-z0-9+.-]{0,30}:\/\/[^/:]*:)[^]*@|^(\s*https?:\/\/(?:[^\s/?#:@]*:)?)[^/?#]*@/i;
const CREDENTIAL_NAME =
  '[^\\s?&;=#]{0,40}(?:password|passwd|secret|token|signature|credential|(?:api|access|account|private|shared)[_.-]?key)s?|pass|pwd|key|sig|auth';
const CREDENTIAL_PARAMETER = new RegExp(`([?&;#](?:${CREDENTIAL_NAME})=)[^\\s&;#]*`, 'gi');
// In a SQL Server URL, a value ends at the next semicolon or is in braces.
const CREDENTIAL_PROPERTY = new RegExp(`(;\\s*(?:${CREDENTIAL_NAME})\\s*=)\\s*(?:\\{[^}]*\\}|[^;]*)`, 'gi');

/**
 * Makes JSON and inspect show `view()` instead of the object. The properties themselves stay, so that a driver can
 * copy them.
 */
export function withRedactedView<T extends object>(target: T, view: () => Record<string, unknown>): T {
  return Object.defineProperties(target, {
    toJSON: { value: view },
    [inspect.custom]: { value: inspectAs(view) },
  });
}

/** Like `withRedactedView`, for each instance of a class. */
export function showInstancesAs<T extends object>(
  type: { readonly prototype: T },
  view: (instance: T) => Record<string, unknown>,
): void {
  function viewOfThis(this: object) {
    // `this` is the prototype itself, not an instance.
    return Object.hasOwn(this, 'constructor') ? {} : view(this as T);
  }
  Object.defineProperties(type.prototype, {
    toJSON: { value: viewOfThis, configurable: true },
    [inspect.custom]: { value: inspectAs(viewOfThis), configurable: true },
  });
}

/** Makes inspect show what JSON shows of the instances of a class. */
export function showRedacted(type: { readonly prototype: { toJSON(): Record<string, unknown> } }): void {
  Object.defineProperty(type.prototype, inspect.custom, {
    value: inspectAs(function (this: object) {
      return (this as { toJSON(): Record<string, unknown> }).toJSON();
    }),
  });
}

/** An `inspect.custom` method that shows `view()` under the object's class name. */
function inspectAs(view: (this: object) => Record<string, unknown>) {
  return function (this: object, _depth: number, options: InspectOptions): string {
    const name = (this.constructor as Function | undefined)?.name ?? 'Object';
    const text = inspect(view.call(this), options);
    return name === 'Object' ? text : `${name} ${text}`;
  };
}

/** Marks a class of this package whose JSON shows everything that an instance contains. */
export const SHOWS_ALL = Symbol('shows all');
