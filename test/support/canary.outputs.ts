import assert from 'node:assert/strict';
import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { stringify } from 'node:querystring';
import { format, formatWithOptions, inspect, type InspectOptions } from 'node:util';
import { serialize } from 'node:v8';
import type { Output } from './canary.js';

/** Outputs by the way in which they were produced. */
export type Outputs = Map<string, Output>;

type Printer = (target: object) => unknown;

const UNBOUNDED: InspectOptions = { depth: Infinity, maxArrayLength: null, maxStringLength: null };

const FLAGS = [true, false];

/** All combinations, except the documented one: hidden properties and getters without custom inspection. */
const INSPECT_OPTIONS: readonly InspectOptions[] = FLAGS.flatMap((showHidden) =>
  FLAGS.flatMap((getters) =>
    FLAGS.flatMap((customInspect) =>
      FLAGS.map((more) => ({ showHidden, getters, customInspect, showProxy: more, colors: more })),
    ),
  ),
).filter(({ showHidden, getters, customInspect }) => !(showHidden && getters && !customInspect));

/** Representations of an object in logs, error trackers and API responses. */
const VIEWS: Readonly<Record<string, Printer>> = {
  ...Object.fromEntries(
    INSPECT_OPTIONS.map((options) => [
      `inspect ${JSON.stringify(options)}`,
      (target) => inspect(target, { ...UNBOUNDED, ...options }),
    ]),
  ),
  'inspect, within others': (target) =>
    inspect([new Map([[target, new Set([{ target }])]]), new Error('x', { cause: target })], UNBOUNDED),
  'inspect of an heir': (target) => inspect(Object.create(target), { ...UNBOUNDED, showHidden: true }),
  json: (target) => JSON.stringify(target),
  'json of several': (target) => JSON.stringify({ list: [target] }),
  'json with every name': (target) => JSON.stringify(target, Object.getOwnPropertyNames(target)),
  format: (target) => format('%s %d %i %j %o %O %%', ...Array(6).fill(target)),
  'format with options': (target) => formatWithOptions({ showHidden: true, colors: true }, '%O', target),
  text: String,
  'console.log': throughConsole((to, target) => to.log(target)),
  'console.dir': throughConsole((to, target) => to.dir(target, { depth: null, showHidden: true })),
  'console.dir, getters': throughConsole((to, target) => to.dir(target, { depth: null, getters: true })),
  'console.table': throughConsole((to, target) => to.table([target])),
  'property names': (target) => Reflect.ownKeys(target).map(String),
  'a failed assertion': (target) => assert.deepEqual(target, { another: 1 }),
};

/** Ways to copy an object. */
const COPIES: Readonly<Record<string, Printer>> = {
  spread: (target) => ({ ...target }),
  assigned: (target) => Object.assign(Object.create(null), target),
  cloned: (target) => structuredClone(target),
  serialized: (target) => serialize(target),
  entries: (target) => Object.entries(target),
  'query string': (target) => stringify({ ...target }),
  'in a loop': (target) => {
    const found: unknown[] = [];
    for (const name in target) found.push([name, Reflect.get(target, name)]);
    return found;
  },
};

/** Operations that throw an error. */
const ATTACKS: Readonly<Record<string, (target: object, name: string) => unknown>> = {
  assigning: (target, name) => ((target as Record<string, unknown>)[name] = 'x'),
  deleting: (target, name) => delete (target as Record<string, unknown>)[name],
  defining: (target, name) => Object.defineProperty(target, name, { value: 'x' }),
  calling: (target, name) => ((target as Record<string, unknown>)[`${name}x`] as () => void)(),
};

/** Everything visible of an object without reading a secret by its name. */
export function outputsOf(what: string, target: object): Outputs {
  const outputs = viewsOf(what, target);
  for (const [how, copy] of Object.entries(COPIES)) collect(outputs, `${what}, ${how}`, () => copy(target));
  for (const name of [...Object.getOwnPropertyNames(target), 'absent']) {
    for (const [how, attack] of Object.entries(ATTACKS)) {
      if (Object.isFrozen(target)) collect(outputs, `${what}, ${how} ${name}`, () => attack(target, name));
    }
  }
  return outputs;
}

/** The same for an object whose copies may contain a secret, because it is meant to be copied. */
export function viewsOf(what: string, target: object): Outputs {
  const outputs: Outputs = new Map();
  for (const [how, view] of Object.entries(VIEWS)) collect(outputs, `${what}, ${how}`, () => view(target));
  return outputs;
}

/** All outputs of an error: its views and copies, and every reachable property, hidden or not. */
export function outputsOfError(what: string, error: unknown): Outputs {
  if (typeof error !== 'object' || error === null) return new Map([[what, String(error)]]);
  const outputs = outputsOf(what, error);
  outputs.set(`${what}, everything reachable`, reachableFrom(error).join('\n'));
  return outputs;
}

/** Records the result of an action, or the whole error that it throws. */
export function collect(outputs: Outputs, what: string, action: () => unknown): void {
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    const { message, stack, cause } = error as Error;
    result = [message, stack, inspect(error, { ...UNBOUNDED, showHidden: true }), inspect(cause)].join('\n');
  }
  if (typeof result === 'string' || result instanceof Uint8Array) outputs.set(what, result);
  else outputs.set(what, inspect(result, { ...UNBOUNDED, showHidden: true }));
}

function reachableFrom(start: object): string[] {
  const seen = new Set<unknown>();
  const texts: string[] = [];
  const waiting: unknown[] = [start];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) {
      texts.push(String(value));
    } else if (!seen.has(value)) {
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) waiting.push(String(key), Reflect.get(value, key));
    }
  }
  return texts;
}

function throughConsole(print: (to: Console, target: object) => void): Printer {
  return (target) => {
    const stream = new PassThrough();
    print(new Console(stream), target);
    return String(stream.read());
  };
}
