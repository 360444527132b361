import Joi from 'joi';
import { demandsOf } from '../config/rules/demand-text.js';
import { describeRule } from '../config/model/rule-description.js';
import { parseEnvFile } from '../config/sources/env-file.parser.js';
import type { Setting } from '../config/model/setting.registry.js';
import { conditionsOf } from './env-example.condition.js';

/** A `.env.example`: required settings are left to fill in, the others are commented out at their default. */
export function renderEnvExample(className: string, settings: Iterable<Setting>): string {
  const blocks = [...settings]
    .filter(({ rule }) => rule.$_getFlag('presence') !== 'forbidden')
    .map((setting) => blockOf(setting));
  const header = `# The settings of ${className}. Made by production-config env-example: run it again when they change.`;
  return `${[header, ...blocks].join('\n\n')}\n`;
}

function blockOf(setting: Setting): string {
  const { name, about, fix, secret, rule } = setting;
  const described = describeRule(rule);
  const standard = defaultOf(name, rule.$_getFlag('default'));
  const optional = standard !== undefined || rule.$_getFlag('presence') === 'optional';
  const facts = [
    ...(secret ? ['secret'] : []),
    ...(optional ? [] : ['required']),
    ...conditionsOf(described),
    ...demandsOf(described, secret),
    ...(standard?.said === undefined ? [] : [`default: ${standard.said}`]),
    ...(optional || fix === undefined ? [] : [fix]),
  ];
  const comment = [
    ...(about === undefined ? [] : [about]),
    ...(facts.length === 0 ? [] : [facts.join('; ')]),
  ];
  const value = secret ? '' : (standard?.written ?? '');
  const lines = comment.flatMap((text) => text.split(/[\r\n]+/)).map((line) => `# ${line}`);
  return [...lines, `${optional ? '# ' : ''}${name}=${value}`].join('\n');
}

/** A rule's default as the file can hold it; of one that is only found at run time there is nothing but to speak. */
function defaultOf(
  name: string,
  value: unknown,
): { readonly written?: string; readonly said?: string } | undefined {
  if (value === undefined) return undefined;
  if (Joi.isRef(value)) return { said: value.path.join('.') };
  const written = Joi.isExpression(value) ? undefined : assignable(name, textOf(value));
  return written === undefined ? { said: 'computed' } : { written };
}

/** The text that is read as a value. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const isPlain = (item: unknown) => typeof item !== 'object' && /^[^,[\n]+$/.test(textOf(item) ?? '');
  const isPlainList = Array.isArray(value) && value.every(isPlain);
  return isPlainList ? value.map(textOf).join(',') : JSON.stringify(value);
}

/** A text in the quotes in which the reader finds the same text again. */
function assignable(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return text;
  const escaped = text.replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  // Other readers cut at a # and keep backslashes: quotes are for them.
  const bare = /[\s#"'`\\$]/.test(text) ? [] : [text];
  const written = [...bare, `'${text}'`, `"${escaped}"`, `\`${text}\``];
  return written.find((candidate) => {
    const { values, problems } = parseEnvFile(`${name}=${candidate}`, name);
    return problems.length === 0 && values[name] === text && !candidate.includes('\n');
  });
}
