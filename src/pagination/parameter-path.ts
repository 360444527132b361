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
  return pathOf(name)!.reduce((value, step) => (Object(value) as Parameters)[step], input);
}

/** A copy of the input without these parameters. Everything else is shared with it. */
export function withoutParameters(input: object, names: readonly string[]): object {
  const copy = Object.create(
    Object.getPrototypeOf(input) as object | null,
    Object.getOwnPropertyDescriptors(input),
  ) as Record<string, unknown>;
  for (const name of names) {
    delete copy[name];
    const [first = '', ...rest] = pathOf(name) ?? [];
    const inner = copy[first];
    if (rest.length === 0 || typeof inner !== 'object' || inner === null) continue;
    const [next = '', ...more] = rest;
    const left = withoutParameters(inner, [next + more.map((step) => `[${step}]`).join('')]);
    if (Object.keys(left).length > 0) copy[first] = left;
    else delete copy[first];
  }
  return copy;
}
