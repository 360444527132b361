import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigProblem } from '../model/config.error.js';
import { allowsBlank } from '../model/rule-description.js';
import type { Setting } from '../model/setting.registry.js';
import type { Environment } from '../model/config-class.js';
import type { ListedDirectory } from './secret-directory.source.js';
import { readSecretFile, shownPath, withoutNewline } from './secret-file.source.js';
import { type DotEnvLine, strayTextIn } from './stray-text.js';

/** A raw value and where it came from. */
export interface Reading {
  readonly value: unknown;
  readonly origin: string;
  /** The file that held the value, where it was mounted. */
  readonly path?: string;
  /** Set where the value stood in a `.env` file. */
  readonly dotenv?: DotEnvLine | undefined;
}

/** Sources of one rank. */
export interface Layer {
  /** How the places of this layer are named that are no files. */
  readonly origin: string;
  readonly values: Environment;
  readonly directories: readonly ListedDirectory[];
  /** Of a `.env` file: the line of each value that refers to another variable. */
  readonly references?: ReadonlyMap<string, number>;
}

/** What one layer has for a setting: a value, or the file in which it is. */
type Place = Reading | Mounted;

interface Mounted {
  readonly path: string;
  readonly origin: string;
}

/** The value that the first layer has which has one. */
export function findIn(layers: readonly Layer[], setting: Setting): Reading | ConfigProblem | undefined {
  for (const layer of layers) {
    const places = setting.secret ? secretPlaces(layer, setting) : variable(layer, setting);
    if (places.length > 1) return ambiguous(setting.name, places);
    if (places.length === 1) return read(setting, places[0]!);
  }
  return undefined;
}

function variable({ values, origin, references }: Layer, setting: Setting): Reading[] {
  const value = unlessUnset(values[setting.name], setting);
  if (value === undefined) return [];
  return [{ value, origin, dotenv: references && { reference: references.get(setting.name) } }];
}

/** Every place in which a layer has a secret. A file to which several ways lead is one place. */
function secretPlaces(layer: Layer, setting: Setting): Place[] {
  const { name } = setting;
  const path = unlessBlank(layer.values[`${name}_FILE`]);
  const files = [
    ...(path === undefined ? [] : [{ path, origin: `${name}_FILE` }]),
    ...layer.directories
      .filter(({ names }) => names.has(name))
      .map((directory) => ({ path: join(directory.path, name), origin: `${directory.label}/${name}` })),
  ];
  const variables = variable(layer, setting).map((reading) => ({
    ...reading,
    value: withoutEnd(reading.value),
  }));
  if (files.length === 0) return variables;
  const targets = files.map((file) => targetOf(file.path));
  return [
    // A variable that is empty beside a file says nothing.
    ...variables.filter(({ value }) => value !== ''),
    ...files.filter((_file, index) => targets.indexOf(targets[index]!) === index),
  ];
}

/** The file behind all symbolic links; a path that leads nowhere stands for itself. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function read({ name, rule }: Setting, place: Place): Reading | ConfigProblem {
  if ('value' in place) return place;
  const { path, origin } = place;
  const file = readSecretFile(path);
  if ('value' in file) return { value: file.value, origin, path };
  if (file.reason === 'is empty' && allowsBlank(rule)) return { value: '', origin, path };
  const stray = strayTextIn(path, { name: `${name}_FILE`, secret: true });
  const message = `${shownPath(path)} ${file.reason}${stray === undefined ? '' : `; the path ${stray.message}`}`;
  const fix = stray?.fix ?? file.fix;
  return { name, code: 'unreadable', message, origin, ...(fix === undefined ? {} : { fix }) };
}

function ambiguous(name: string, places: readonly Place[]): ConfigProblem {
  // A variable is known by its own name, a file by the way to it.
  const names = places.map((place) => ('value' in place ? name : place.origin));
  const times = places.length === 2 ? 'twice' : `${places.length} times`;
  return {
    name,
    code: 'ambiguous',
    message: `is set ${times}: by ${names.join(' and by ')}`,
    fix: 'keep one of them',
  };
}

/** As in a file: whoever fetched a secret may have got the newline that ended it. */
export function withoutEnd(value: unknown): unknown {
  return typeof value === 'string' ? withoutNewline(value) : value;
}

/** A blank counts as unset, except for a rule that has the empty text among its values. */
export function unlessUnset<T>(value: T, { rule }: Setting): T | '' | undefined {
  const isBlank = typeof value === 'string' && value.trim() === '';
  return isBlank && allowsBlank(rule) ? '' : unlessBlank(value);
}

export function unlessBlank<T>(value: T): T | undefined {
  return typeof value === 'string' && value.trim() === '' ? undefined : value;
}
