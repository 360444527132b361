import { join } from 'node:path';
import type { ConfigProblem } from '../model/config.error.js';
import { allowsBlank } from '../model/rule-description.js';
import { type Setting, isReadFromFiles } from '../model/config-shape.js';
import type { Environment } from '../model/config-class.js';
import type { Expansion } from './env-references.js';
import type { ListedDirectory } from './mounted-directory.source.js';
import { displayPath, readMountedFile, stripNewline, targetOf } from './mounted-file.source.js';
import { type DotEnvLine, type StrayText, strayTextIn } from './stray-text.js';

/** The origin of values that the application fetched itself. */
const APPLICATION = 'application';

/** Bundles of certificates are larger than secrets. */
const MAX_PUBLIC_KIB = 1024;

/** A raw value and its origin. */
export interface RawSetting {
  readonly value: unknown;
  readonly origin: string;
  /** The variable that contains the value, if it is not in a file: the setting's name or an alias. */
  readonly variable?: string;
  /** The mounted file that contains the value, if any. */
  readonly path?: string;
  /** Set if the value comes from a `.env` file. */
  readonly dotenv?: DotEnvLine | undefined;
}

/** Sources of the same precedence. */
export interface Layer {
  /** The origin of values that are not in mounted files. */
  readonly origin: string;
  readonly values: Environment;
  readonly directories: readonly ListedDirectory[];
  /** In a `.env` file, the line of each value that refers to another variable. */
  readonly references?: ReadonlyMap<string, number>;
  /** Replaces the references of a variable. Absent if they are not replaced. */
  readonly expansionOf?: ((name: string) => Expansion | undefined) | undefined;
}

/** A value that a layer has for a setting, or the file that contains it. */
type Place = Variable | Mounted;

interface Variable extends RawSetting {
  readonly variable: string;
  /** Why its references cannot be replaced. */
  readonly fault?: StrayText | undefined;
}

interface Mounted extends Pick<Variable, 'fault' | 'origin'> {
  readonly path: string;
}

const TAKES_SECRET: StrayText = {
  message: 'refers to a secret but is not declared as one',
  fix: 'declare it with @Secret, or write the value out',
};

const SECRET_IN_PATH: StrayText = {
  message: 'refers to a secret in a path, and paths are shown',
  fix: 'write the path out',
};

const EMPTY = 'is empty';

/** The value of the first layer that has the setting. */
export function findIn(layers: readonly Layer[], setting: Setting): RawSetting | ConfigProblem | undefined {
  for (const layer of layers) {
    const places = placesIn(layer, setting);
    if (places.length > 1) return ambiguous(setting, places);
    if (places.length === 1) return read(setting, places[0]!);
  }
  return undefined;
}

/** The value that the application fetched for the setting, under any of its names. */
export function findFetched(
  secrets: Readonly<Record<string, unknown>>,
  setting: Setting,
): RawSetting | ConfigProblem | undefined {
  const layer = { origin: APPLICATION, values: secrets as Environment };
  const found = [setting.name, ...setting.alias]
    .flatMap((name) => variable(layer, name, setting))
    .map((reading) => ({ ...reading, value: stripNewlineIfText(reading.value) }));
  const [place, ...others] = distinct(found, ({ value }) => value);
  return place === undefined || others.length === 0 ? place : ambiguous(setting, [place, ...others]);
}

/** Whether the application fetched the value. */
export function isFetched({ origin }: RawSetting): boolean {
  return origin === APPLICATION || origin.startsWith(`${APPLICATION}, as `);
}

/** Every place where a layer has a setting, under any of its names. Equal variables, and a file that is found by several paths, are one place. */
function placesIn(layer: Layer, setting: Setting): Place[] {
  const names = [setting.name, ...setting.alias];
  const variables = names.flatMap((name) => variable(layer, name, setting));
  const texts = isReadFromFiles(setting)
    ? variables.map((reading) => ({ ...reading, value: stripNewlineIfText(reading.value) }))
    : variables;
  const files = names.flatMap((name) => filesOf(layer, name, setting));
  // If there is a file, an empty variable is ignored.
  const set = files.length === 0 ? texts : texts.filter(({ value }) => value !== '');
  return [...distinct(set, ({ value }) => value), ...distinct(files, ({ path }) => targetOf(path))];
}

function variable(
  { values, origin, references, expansionOf }: Omit<Layer, 'directories'>,
  name: string,
  setting: Setting,
): Variable[] {
  const expansion = expansionOf?.(name);
  const fault =
    expansion?.fault ?? (expansion?.hasSecret === true && !setting.secret ? TAKES_SECRET : undefined);
  const value = valueIfSet(fault === undefined && expansion ? expansion.text : values[name], setting);
  if (value === undefined) return [];
  const isAlias = name !== setting.name;
  const reference = expansion === undefined ? references?.get(name) : undefined;
  const dotenv = references && expansion?.hasReal !== true ? { reference } : undefined;
  return [{ variable: name, value, origin: isAlias ? `${origin}, as ${name}` : origin, dotenv, fault }];
}

function filesOf(layer: Layer, name: string, setting: Setting): Mounted[] {
  const isFile = isReadFromFiles(setting);
  return [
    ...(isFile ? namedFile(layer, `${name}_FILE`) : []),
    ...layer.directories
      .filter(({ holds, names }) => (holds === 'secrets' ? isFile : !setting.secret) && names.has(name))
      .map((directory) => ({ path: join(directory.path, name), origin: `${directory.label}/${name}` }))
      .filter(({ path }) => setting.secret || allowsBlank(setting.rule) || !isBlankFile(path)),
  ];
}

function isBlankFile(path: string): boolean {
  const file = readMountedFile(path);
  return 'reason' in file && file.reason === EMPTY;
}

/** The file that a variable such as `X_FILE` names. */
function namedFile({ values, expansionOf }: Layer, origin: string): Mounted[] {
  const expansion = expansionOf?.(origin);
  const { fault = expansion?.hasSecret === true ? SECRET_IN_PATH : undefined, text } = expansion ?? {
    text: values[origin],
  };
  const path = nonBlank(fault === undefined ? text : values[origin]);
  return path === undefined ? [] : [{ path, origin, fault }];
}

function distinct<T>(places: readonly T[], keyOf: (place: T) => unknown): T[] {
  const keys = places.map(keyOf);
  return places.filter((_place, index) => keys.indexOf(keys[index]) === index);
}

function read({ name, rule, file: isFile }: Setting, place: Place): RawSetting | ConfigProblem {
  if (place.fault !== undefined) return { name, code: 'invalid', ...place.fault, origin: place.origin };
  if ('value' in place) return place;
  const { path, origin } = place;
  const file = readMountedFile(path, isFile === true ? MAX_PUBLIC_KIB : undefined);
  if ('value' in file) return { value: file.value, origin, path };
  if (file.reason === EMPTY && allowsBlank(rule)) return { value: '', origin, path };
  const stray = strayTextIn(path, { name: `${name}_FILE`, secret: true });
  const message = `${displayPath(path)} ${file.reason}${stray === undefined ? '' : `; the path ${stray.message}`}`;
  const fix = stray?.fix ?? file.fix;
  return { name, code: 'unreadable', message, origin, ...(fix === undefined ? {} : { fix }) };
}

function ambiguous({ name, alias }: Setting, places: readonly Place[]): ConfigProblem {
  // A variable is named by its name, a file by its origin.
  const names = places.map((place) => ('value' in place ? place.variable : place.origin));
  const times = places.length === 2 ? 'twice' : `${places.length} times`;
  const differ = alias.length > 0 && places.every((place) => 'value' in place) ? ', to different values' : '';
  return {
    name,
    code: 'ambiguous',
    message: `is set ${times}${differ}: by ${names.join(' and by ')}`,
    fix: 'keep one of them',
  };
}

/** As in a file, a fetched secret may end in a newline. */
function stripNewlineIfText(value: unknown): unknown {
  return typeof value === 'string' ? stripNewline(value) : value;
}

/** A blank counts as unset, unless the rule allows the empty text. */
function valueIfSet<T>(value: T, { rule }: Setting): T | '' | undefined {
  const isBlank = typeof value === 'string' && value.trim() === '';
  return isBlank && allowsBlank(rule) ? '' : nonBlank(value);
}

export function nonBlank<T>(value: T): T | undefined {
  return typeof value === 'string' && value.trim() === '' ? undefined : value;
}
