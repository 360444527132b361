import { inspect } from 'node:util';
import { ProductionConfigError } from '../../common/production-config.error.js';
import { type Look, PLAIN, hanging } from '../../common/terminal.js';

/** What can be wrong with a setting. Stable: tools may switch on it. */
export type ConfigProblemCode = 'missing' | 'invalid' | 'weak' | 'forbidden' | 'ambiguous' | 'unreadable';

/** One problem of one setting (or of one file). Never contains the value, except in a sum of numbers that are no secret. */
export interface ConfigProblem {
  /** The name of the setting, or of the file if the file itself is the problem. */
  readonly name: string;
  /** What is wrong, for tools. */
  readonly code: ConfigProblemCode;
  /** What is wrong, for people: a sentence that continues the setting's name. */
  readonly message: string;
  /** The purpose of the setting, if it is missing or if its rule has no message. */
  readonly about?: string;
  /** What to do, unless correcting the value is enough. */
  readonly fix?: string;
  /** The origin of the rejected value, such as 'environment' or '.env'. */
  readonly origin?: string;
}

/**
 * The environment does not satisfy the configuration class. Contains every problem and no value.
 *
 * @example
 * ```ts
 * try {
 *   AppConfig.load();
 * } catch (error) {
 *   if (error instanceof ConfigError) console.error(error.report);
 * }
 * ```
 */
export class ConfigError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_CONFIG_REJECTED';
  /** Every problem, in the order of the report. */
  declare readonly problems: readonly ConfigProblem[];

  /** `notes` are printed below the problems and may explain them. */
  constructor(subject: string, problems: readonly ConfigProblem[], notes: readonly string[] = []) {
    super('ConfigError', renderReport({ subject, problems, notes }, PLAIN));
    PARTS.set(this, { subject, problems, notes });
    Object.defineProperties(this, {
      // Not enumerable: printing the error prints the report, and the data would repeat it.
      problems: { value: Object.freeze(problems.map((problem) => Object.freeze({ ...problem }))) },
      // The stack frames would only point into this package.
      stack: { value: `ConfigError: ${this.message}`, configurable: true },
    });
  }

  /** The report as text: every problem with its fix. */
  get report(): string {
    return this.message;
  }

  /** The problems as data, without the report. */
  toJSON(): Pick<ConfigError, 'name' | 'code' | 'problems'> {
    return { name: this.name, code: this.code, problems: this.problems };
  }

  /** `console.log` and Nest's logger print the report. */
  [inspect.custom](): string {
    return this.report;
  }
}

/**
 * A configuration class is faulty. A mistake of the developer, independent of the environment.
 *
 * @example
 * ```ts
 * ProductionConfigModule.forRoot({ config: AppConfig }); // a class that does not extend BaseConfig would be refused
 * ```
 */
export class ConfigDefinitionError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_CONFIG_DEFINITION';

  constructor(message: string) {
    super('ConfigDefinitionError', message);
  }
}

interface ReportParts {
  readonly subject: string;
  readonly problems: readonly ConfigProblem[];
  readonly notes: readonly string[];
}

/** What the reports of errors are made of. */
const PARTS = new WeakMap<ConfigError, ReportParts>();

/** The report of an error in the look of the place where it is printed. */
export function reportOf(error: ConfigError, look: Look): string {
  return renderReport(PARTS.get(error)!, look);
}

function renderReport({ subject, problems, notes }: ReportParts, look: Look): string {
  const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  const label = look.style('yellow', 'Note:');
  const below =
    notes.length === 0 ? [] : ['', ...notes.map((note) => `  ${label} ${hanging(note, 8, look)}`)];
  return [
    look.style('bold', `Configuration rejected: ${count} (${subject})`),
    '',
    ...problemLines(problems, look),
    ...below,
    '',
  ].join('\n');
}

/** Problems as text: the setting and what is wrong with it; below, its purpose and the fix. */
export function problemLines(problems: readonly Omit<ConfigProblem, 'code'>[], look: Look): string[] {
  const nameWidth = Math.max(...problems.map(({ name }) => name.length), 10) + 4;
  const messageWidth = Math.max(...problems.map(({ origin, message }) => (origin ? message.length : 0))) + 3;
  const column = nameWidth + 2;
  const indent = ' '.repeat(column);
  return problems.flatMap(({ name, message, origin, about, fix }) => {
    const found = origin ? message.padEnd(messageWidth) + from(origin) : message;
    const fits = column + found.length <= look.width;
    return [
      `  ${look.style('red', name.padEnd(nameWidth))}${fits ? found : hanging(message, column, look)}`,
      ...(origin && !fits ? [`${indent}${from(origin)}`] : []),
      ...(about ? [`${indent}${hanging(about.replaceAll(/\s+/g, ' '), column, look)}`] : []),
      ...(fix ? [`${indent}-> ${hanging(fix, column + 3, look)}`] : []),
    ];
  });
}

function from(origin: string): string {
  return `from ${origin.replace(/^environment\b/, 'the environment')}`;
}
