import Joi from 'joi';
import type { SilencedWarning } from '../checks/silences.js';
import { packageWarningIds } from '../checks/warning-ids.js';
import { type ConfigProblemCode, problemLines } from '../config/model/config.error.js';
import type { ConfigInspection } from '../config/load/config.inspection.js';
import type { ConfigWarning } from '../config/model/config.warning.js';
import { type ExplainedSetting, explainSettings } from '../config/load/explained-setting.js';
import type { CheckedConnection, CheckProblem } from './connect/connection.findings.js';
import { variableOf } from '../config/model/rule-references.js';
import { oneLine } from '../common/one-line.js';
import { hanging, lookOf } from '../common/terminal.js';

/** A setting and its check result. A setting with a problem has no value. */
export interface CheckedSetting extends ExplainedSetting {
  readonly state: 'ok' | ConfigProblemCode;
}

/** What `check --json` prints. */
export interface CheckReport {
  readonly config: string;
  readonly settings: readonly CheckedSetting[];
  /** The cache in one sentence. Absent if there are problems. */
  readonly cache?: string;
  /** What is behind the URLs. Absent without --connect, and if there are problems of the configuration. */
  readonly connections?: readonly CheckedConnection[];
  readonly problems: readonly CheckProblem[];
  readonly warnings: readonly ConfigWarning[];
  readonly silenced: readonly SilencedWarning[];
  /** Silences that matched no warning. */
  readonly unusedSilences: readonly string[];
}

/** The most characters of a value in the text: a certificate has thousands. */
const MAX_SHOWN = 200;

const LOOK = lookOf(process.stdout);

const STATE_COLOURS = { connected: 'green', failed: 'red', 'not checked': 'yellow' } as const;

export function describeSettings(examination: ConfigInspection): CheckedSetting[] {
  const problems = new Map(examination.problems.map((problem) => [problem.name, problem]));
  return explainSettings(examination).map((setting) => {
    const problem = problems.get(setting.name);
    if (problem !== undefined) {
      const origin = problem.code === 'ambiguous' ? 'several' : (problem.origin ?? setting.origin);
      return { ...setting, value: undefined, state: problem.code, origin };
    }
    const declared = examination.settings.get(setting.name)!;
    const standard: unknown = declared.rule.$_getFlag('default');
    // The default refers to another setting, which may have been rejected.
    const isRefused =
      setting.origin === 'default' && Joi.isRef(standard) && problems.has(variableOf(standard, declared));
    return { ...setting, ...(isRefused ? { value: undefined } : {}), state: 'ok' };
  });
}

/** The report as text: settings, problems, warnings and silenced warnings. */
export function renderCheck({
  config,
  settings,
  cache,
  connections,
  problems,
  warnings,
  silenced,
  unusedSilences,
}: CheckReport): string {
  const summary = [count(problems.length, 'problem'), count(warnings.length, 'warning')].join(', ');
  const lines = [
    `${LOOK.style('bold', config)}: ${summary}`,
    '',
    ...settingLines(settings),
    ...section('Cache', cache === undefined ? [] : [`  ${cache}`]),
    ...section('Connections', connections === undefined ? [] : connectionLines(connections)),
    ...section('Problems', problems.length === 0 ? [] : problemLines(problems, LOOK)),
    ...section('Warnings', [
      ...warnings.flatMap((warning) =>
        warningLines(warning, '-> ', warning.fix ?? 'change it, or silence this warning'),
      ),
      ...reasonsLine(warnings),
    ]),
    ...section(
      'Silenced',
      silenced.flatMap((warning) => warningLines(warning, 'reason: ', oneLine(warning.reason))),
    ),
    ...section(
      'Unused silences',
      unusedSilences.map((silence) => `  ${silence}`),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function settingLines(settings: readonly CheckedSetting[]): string[] {
  const nameWidth = widest(settings.map(({ name }) => name));
  const originWidth = widest(settings.map(({ origin }) => origin));
  const stateWidth = widest(settings.map(({ state }) => state));
  return settings.map(({ name, state, origin, value }) => {
    const mark = LOOK.style(state === 'ok' ? 'green' : 'red', state.padEnd(stateWidth));
    return `  ${mark}  ${name.padEnd(nameWidth)}  ${origin.padEnd(originWidth)}  ${display(value)}`.trimEnd();
  });
}

function connectionLines(connections: readonly CheckedConnection[]): string[] {
  if (connections.length === 0) return ['  none: neither a database nor CACHE_URL is set'];
  const labelWidth = widest(connections.flatMap(({ facts }) => ['', ...Object.keys(facts)]));
  return connections.flatMap(({ name, state, server, facts }) => {
    const mark = LOOK.style(STATE_COLOURS[state], state);
    return [
      `  ${name.padEnd(14)}${mark}${server === undefined ? '' : `  ${server}`}`,
      ...Object.entries(facts).map(
        ([label, text]) => `${' '.repeat(16)}${label.padEnd(labelWidth)}  ${text}`,
      ),
    ];
  });
}

function warningLines({ id, name, message }: ConfigWarning, label: string, below: string): string[] {
  const column = 25;
  const text = name === undefined ? message : `${name} ${message}`;
  return [
    `  ${LOOK.style('yellow', id.padEnd(23))}${hanging(text, column, LOOK)}`,
    `${' '.repeat(column)}${label}${hanging(below, column + label.length, LOOK)}`,
  ];
}

/** One line for all warnings of this package. Those of the application are not in the list. */
function reasonsLine(warnings: readonly ConfigWarning[]): string[] {
  const listed = packageWarningIds();
  const text = 'The reasons, by id: docs/checklist.md in nestjs-production-config';
  return warnings.some(({ id }) => listed.has(id)) ? [`  ${hanging(text, 2, LOOK)}`] : [];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', LOOK.style('bold', title), ...lines];
}

function display(value: unknown): string {
  if (value === undefined) return '';
  const text = oneLine(typeof value === 'string' ? value : JSON.stringify(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}

function count(number: number, noun: string): string {
  return `${number === 0 ? 'no' : number} ${noun}${number === 1 ? '' : 's'}`;
}
