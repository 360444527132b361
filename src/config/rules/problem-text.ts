import type { ValidationErrorItem } from 'joi';
import type { ConfigProblem } from '../model/config.error.js';
import type { Setting } from '../model/config-shape.js';
import { NUMBER_RULES, display, numberConstraint } from './rule-text.js';
import { constraintText } from './constraint-text.js';
import { RuleRejection } from '../model/rule-rejection.js';
import { nameReferences } from '../model/rule-references.js';
import { type RuleDescription, describeRule, describedAt, variantsOf } from '../model/rule-description.js';

type Problem = Pick<ConfigProblem, 'code' | 'message' | 'fix'>;
type Path = readonly (string | number)[];

/** The message of a rejection without a known reason. */
export const UNEXPLAINED = 'is rejected by its rule';

/**
 * Describes a problem using only the rule's code, limits and declaration: Joi's message and context may contain the
 * value.
 */
export function problemOf(detail: ValidationErrorItem, setting: Setting): Problem {
  const { type, path } = detail;
  const context = nameReferences(detail.context ?? {}, setting, path.length - 1);
  if (type === 'any.required' && path.length === 1) return { code: 'missing', message: 'is missing' };
  if (type === 'any.unknown' && path.length === 1) return { code: 'forbidden', message: 'must not be set' };
  const rule = nameReferences(describeRule(setting.rule), setting);
  const inside = path.slice(1);
  const place = placeOf(rule, inside);
  const { refusal } = context;
  if (refusal instanceof RuleRejection) {
    const { code, message, fix, isForeign } = refusal;
    if (isForeign && setting.secret) return { code, message: UNEXPLAINED };
    return { code, message: `${place}${message}`, ...(fix ? { fix: fix.replace('%s', setting.name) } : {}) };
  }
  if (inside.length === 0 && isSocketForPort(detail, rule)) {
    return {
      code: 'invalid',
      message: `${numberConstraint(rule.rules!)}, not a pipe or a socket`,
      fix: SOCKET_FIX,
    };
  }
  const described = describedAt(rule, inside);
  const text =
    ownMessage(type, described, rule) ??
    (inside.length === 0 ? fullNumberText(type, context, rule) : undefined) ??
    (type === 'object.unknown' ? unknownProperty(rule, inside) : undefined) ??
    constraintText(type, { context, described, isSecret: setting.secret }) ??
    UNEXPLAINED;
  return { code: 'invalid', message: `${place}${text}` };
}

/** What platforms pass in place of a port: the path of a Windows pipe (iisnode) or of a Unix socket, or Passenger's word. */
const SOCKET = /^\s*(?:[\\/]{2}[.?][\\/]pipe[\\/]|\/|unix:|passenger\s*$)/i;
const SOCKET_FIX = 'have the platform pass a TCP port, or accept the path as docs/deployment.md shows';

function isSocketForPort({ type, context }: ValidationErrorItem, { rules = [] }: RuleDescription): boolean {
  const value: unknown = context?.value;
  const isForPort = type === 'number.base' && rules.some(({ name }) => name === 'port');
  return isForPort && typeof value === 'string' && SOCKET.test(value);
}

/** Items by number, properties by name if the rule declares it: other names come from the value. */
function placeOf(rule: RuleDescription, path: Path): string {
  const steps = path.map((step, index) => {
    if (typeof step === 'number') return `item ${step + 1}`;
    const parents = describedAt(rule, path.slice(0, index));
    return parents.some(({ keys = {} }) => Object.hasOwn(keys, step)) ? `property ${step}` : 'a property';
  });
  return steps.length === 0 ? '' : `${steps.join(', ')} `;
}

/** The class's text in `.messages()` or `.message()`, if it has no placeholder, which could insert the value. */
function ownMessage(
  type: string,
  described: readonly RuleDescription[],
  root: RuleDescription,
): string | undefined {
  const [, name] = type.split('.');
  const ofRule = (rule: RuleDescription) => rule.rules?.find((each) => each.name === name)?.message;
  const ofType = ({ preferences }: RuleDescription) => preferences?.messages?.[type];
  const candidates = [...described.map(ofRule), ...described.map(ofType), ...variantsOf(root).map(ofType)];
  return candidates.map(literalOf).find((text) => text !== undefined);
}

function literalOf(message: unknown): string | undefined {
  const text =
    typeof message === 'object' && message !== null && 'template' in message ? message.template : message;
  return typeof text === 'string' && !/[{}]/.test(text) ? text.replaceAll(/[\s\p{C}]+/gu, ' ') : undefined;
}

/** All constraints of a number, whichever was broken. A `.when` branch has its own limits. */
function fullNumberText(
  type: string,
  { limit }: Record<string, unknown>,
  { type: kind, rules = [] }: RuleDescription,
): string | undefined {
  if (kind !== 'number') return undefined;
  const [, failed = ''] = type.split('.');
  const isOwn = rules.some(
    ({ name, args }) => name === failed && display(args?.['limit']) === display(limit),
  );
  const isWhole = failed === 'base' || (NUMBER_RULES.has(failed) && isOwn);
  return isWhole ? numberConstraint(rules) : undefined;
}

function unknownProperty(rule: RuleDescription, path: Path): string {
  const known = describedAt(rule, path.slice(0, -1)).flatMap(({ keys = {} }) => Object.keys(keys));
  return known.length === 0
    ? 'is unknown'
    : `is unknown; known properties: ${[...new Set(known)].join(', ')}`;
}
