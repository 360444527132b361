import { inspect } from 'node:util';
import { ProductionConfigError } from '../../common/production-config.error.js';

/** What can be wrong with a setting. Stable: tools may switch on it. */
export type ConfigProblemCode = 'missing' | 'invalid' | 'weak' | 'forbidden' | 'ambiguous' | 'unreadable';

/** One problem of one setting (or of one file). Never holds the value. */
export interface ConfigProblem {
  /** The setting's name, or the file's where the file itself is the problem. */
  readonly name: string;
  /** What is wrong, for tools. */
  readonly code: ConfigProblemCode;
  /** What is wrong, for people: it goes on from the setting's name. */
  readonly message: string;
  /** What the setting is for, where that helps: it is missing, or its rule does not say what it wants. */
  readonly about?: string;
  /** What to do next, where there is more to do than to correct the value. */
  readonly fix?: string;
  /** Where the refused value came from, such as 'environment' or '.env'. */
  readonly origin?: string;
}

/**
 * The environment does not satisfy the configuration class. Carries every problem at once and no value.
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

  /** `notes` are lines below the problems, for what may explain them. */
  constructor(subject: string, problems: readonly ConfigProblem[], notes: readonly string[] = []) {
    super('ConfigError', renderReport(subject, problems, notes));
    Object.defineProperties(this, {
      // Whatever prints the error prints the report; the same as data would only repeat it.
      problems: { value: Object.freeze(problems.map((problem) => Object.freeze({ ...problem }))) },
      // The frames would point into the library; what helps is the report.
      stack: { value: `ConfigError: ${this.message}`, configurable: true },
    });
  }

  /** The report for a person: every problem with its next step. */
  get report(): string {
    return this.message;
  }

  /** What is wrong, as data, without the report that says the same. */
  toJSON(): Pick<ConfigError, 'name' | 'code' | 'problems'> {
    return { name: this.name, code: this.code, problems: this.problems };
  }

  /** What `console.log` and Nest's logger print: the report. */
  [inspect.custom](): string {
    return this.report;
  }
}

/** A configuration class is written wrongly. Raised for the developer, whatever the environment holds. */
export class ConfigDefinitionError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_CONFIG_DEFINITION';

  constructor(message: string) {
    super('ConfigDefinitionError', message);
  }
}

function renderReport(subject: string, problems: readonly ConfigProblem[], notes: readonly string[]): string {
  const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  const below = notes.length === 0 ? [] : ['', ...notes.map((note) => `  Note: ${note}`)];
  return [`Configuration rejected: ${count} (${subject})`, '', ...problemLines(problems), ...below, ''].join(
    '\n',
  );
}

/** Problems as a person reads them: the setting, what is wrong with it, and below what it is for and the next step. */
export function problemLines(problems: readonly ConfigProblem[]): string[] {
  const nameWidth = Math.max(...problems.map(({ name }) => name.length), 10) + 4;
  const messageWidth = Math.max(...problems.map(({ origin, message }) => (origin ? message.length : 0))) + 3;
  const indent = `  ${' '.repeat(nameWidth)}`;
  return problems.flatMap(({ name, message, origin, about, fix }) => [
    `  ${name.padEnd(nameWidth)}${origin ? message.padEnd(messageWidth) + from(origin) : message}`,
    ...(about ? [`${indent}${about.replaceAll(/\s+/g, ' ')}`] : []),
    ...(fix ? [`${indent}-> ${fix}`] : []),
  ]);
}

function from(origin: string): string {
  return `from ${origin === 'environment' ? 'the environment' : origin}`;
}
