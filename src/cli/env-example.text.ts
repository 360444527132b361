import Joi from 'joi';
import { demandsOf } from '../config/rules/problem-text.js';
import type { Setting } from '../config/setting.registry.js';

/** A `.env.example`: required settings are left to fill in, the others are commented out at their default. */
export function renderEnvExample(className: string, settings: Iterable<Setting>): string {
  const blocks = [...settings]
    .filter(({ rule }) => rule.$_getFlag('presence') !== 'forbidden')
    .map((setting) => blockOf(setting));
  const header = `# The settings of ${className}. Made by production-config env-example: run it again when they change.`;
  return `${[header, ...blocks].join('\n\n')}\n`;
}

function blockOf(setting: Setting): string {
  const { name, about, secret } = setting;
  const standard = defaultOf(setting);
  const optional = standard !== undefined || setting.rule.$_getFlag('presence') === 'optional';
  const facts = [
    ...(secret ? ['secret'] : []),
    ...(optional ? [] : ['required']),
    ...demandsOf(setting),
    ...(standard?.said === undefined ? [] : [`default: ${standard.said}`]),
  ];
  const comment = [
    ...(about === undefined ? [] : [about]),
    ...(facts.length === 0 ? [] : [facts.join('; ')]),
  ];
  const value = secret ? '' : (standard?.written ?? '');
  const lines = comment.flatMap((text) => text.split('\n')).map((line) => `# ${line}`);
  return [...lines, `${optional ? '# ' : ''}${name}=${value}`].join('\n');
}

/** A rule's default, as it can be written; one that is only found at run time can be spoken of. */
function defaultOf({ rule }: Setting): { readonly written?: string; readonly said?: string } | undefined {
  const value: unknown = rule.$_getFlag('default');
  if (value === undefined) return undefined;
  if (Joi.isRef(value)) return { said: value.path.join('.') };
  if (typeof value === 'function') return { said: 'computed' };
  if (Array.isArray(value)) return { written: quoted(value.map(String).join(',')) };
  return { written: quoted(typeof value === 'string' ? value : JSON.stringify(value)) };
}

/** A value as a `.env` file holds it. */
function quoted(text: string): string {
  if (/^[^\s"'`#\\][^"'`#\\\n\r]*$/.test(text) && text.trim() === text) return text;
  if (text === '') return '';
  return `"${text.replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}
