import { partOf } from '../config/model/config-part.js';
import { shapeOf } from '../config/model/config-shape.js';
import { readTextFile } from '../config/sources/text-file.js';
import { type Arguments, CommandError, type Outcome, fieldsOf } from './command.js';
import { configClassOf } from './config-file.js';
import { renderEnvExample } from './env-example.text.js';

const MAX_KIB = 1024;

export async function runEnvExample({ values, positionals }: Arguments): Promise<Outcome> {
  const [file = '.env.example'] = positionals;
  const isCheck = values['check'] === true;
  if (!isCheck && positionals.length > 0) {
    throw new CommandError(
      `env-example takes a file only with --check; to write one: env-example > ${file}`,
      true,
    );
  }
  const config = values['config'] as string | undefined;
  const type = await configClassOf(config);
  const only = fieldsOf(values);
  const shape = shapeOf(type);
  const text = renderEnvExample(type.name, only === undefined ? shape : partOf(shape, only).checked);
  if (!isCheck) return { output: text, ok: true };
  const difference = differenceOf(file, text);
  if (difference === undefined) return { output: '', ok: true };
  const options = Object.entries({ config, only: only?.join(',') }).flatMap(([option, value]) =>
    value === undefined ? [] : [` --${option} ${value}`],
  );
  return {
    output: `${file} ${difference}; write it: production-config env-example${options.join('')} > ${file}\n`,
    ok: false,
  };
}

/** Describes how a file differs from the expected text, or answers undefined if it does not. */
function differenceOf(file: string, expected: string): string | undefined {
  const text = read(file);
  if (text === undefined) return 'does not exist';
  const present = linesOf(text);
  const wanted = linesOf(expected);
  const index = wanted.findIndex((line, at) => line !== present[at]);
  if (index === -1 && present.length === wanted.length) return undefined;
  return `is out of date from line ${(index === -1 ? wanted.length : index) + 1} on`;
}

function read(file: string): string | undefined {
  const found = readTextFile(file, MAX_KIB);
  if ('text' in found) return found.text;
  if (found.code === 'ENOENT') return undefined;
  throw new CommandError(`${file} ${found.reason}`);
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}
