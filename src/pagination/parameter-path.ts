/** Values by the name of their parameter. */
export type Parameters = Readonly<Record<string, unknown>>;

const NAME = /^[^\s[\]=&#?+%]+(?:\[[^\s[\]=&#?+%]+\])*$/;

/** The steps to a value: `['page', 'size']` for `page[size]`. Undefined if the name is not valid. */
export function pathOf(name: unknown): readonly string[] | undefined {
  if (typeof name !== 'string' || !NAME.test(name)) return undefined;
  const path = name.replaceAll(']', '').split('[');
  return path.some((step) => step in Object.prototype) ? undefined : path;
}

/** The value of a parameter. Some parsers keep the name `page[size]`, others make objects of it. */
export function valueOf(input: unknown, name: string): unknown {
  const flat = (Object(input) as Parameters)[name];
  if (flat !== undefined || !name.includes('[')) return flat;
  return pathOf(name)!.reduce((value, step) => (isNested(value) ? value[step] : undefined), input);
}

/** A copy of the input without these parameters. Everything else is shared with it. A list has no parameters. */
export function withoutParameters(input: object, names: readonly string[]): object {
  if (!isNested(input)) return input;
  // The input may be frozen; the descriptors are not.
  const members: Record<string, PropertyDescriptor> = Object.getOwnPropertyDescriptors(input);
  for (const name of names) {
    delete members[name];
    const [first = '', ...rest] = pathOf(name) ?? [];
    const inner: unknown = members[first]?.value;
    if (rest.length === 0 || !isNested(inner)) continue;
    const [next = '', ...more] = rest;
    const left = withoutParameters(inner, [next + more.map((step) => `[${step}]`).join('')]);
    if (Object.keys(left).length > 0) members[first] = { ...members[first], value: left };
    else delete members[first];
  }
  return Object.create(Object.getPrototypeOf(input) as object | null, members) as object;
}

/** A repeated parameter is an array, in which no name leads further. */
function isNested(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
