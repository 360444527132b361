import { ConfigDefinitionError } from './config.error.js';
import { WARNING_IDS } from './config.warning.js';

/** What a check has found: one warning. Secrets of the configuration in its texts are redacted. */
export interface CheckFinding {
  /** The variable of the setting concerned, if any. */
  readonly name?: string;
  /** What is wrong: a sentence, which continues the name if there is one. */
  readonly message: string;
  /** What to do. */
  readonly fix?: string;
}

/** A check of the application: see `defineCheck()`. `C` is the configuration class that it looks at. */
export interface Check<C extends object = object> {
  /** The id of its warnings: words in lower case with hyphens. Silences name it. */
  readonly id: string;
  /**
   * Looks at the frozen configuration, and returns nothing or what is wrong. It may take 2 s. If it throws or takes longer,
   * a warning says so, without the message of the error.
   */
  run(config: C): CheckResult | Promise<CheckResult>;
}

/** Nothing, a finding, or several. */
export type CheckResult = CheckFinding | readonly CheckFinding[] | undefined | void;

const ID = /^[a-z][a-z\d]*(?:-[a-z\d]+)*$/;

/**
 * Defines a check of the application, for the static `checks` of its configuration class. `production-config check`
 * reports what it finds as warnings, and the module logs it once after each start.
 *
 * @throws ConfigDefinitionError if the id does not consist of lower-case words with hyphens, or if a warning of this package
 * has it
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   static override readonly checks = [
 *     defineCheck({
 *       id: 'page-size-of-exports',
 *       run: (config: AppConfig) =>
 *         config.PAGE_SIZE > 500
 *           ? { name: 'PAGE_SIZE', message: 'is more than an export can hold', fix: 'set at most 500' }
 *           : undefined,
 *     }),
 *   ];
 * }
 * ```
 */
export function defineCheck<C extends object = object>(check: Check<C>): Check<C> {
  const { id } = check;
  if (!ID.test(id)) {
    throw new ConfigDefinitionError(
      `defineCheck(): the id '${id}' must be words in lower case with hyphens, such as 'tenant-limit'`,
    );
  }
  if ((WARNING_IDS as readonly string[]).includes(id)) {
    throw new ConfigDefinitionError(
      `defineCheck(): a warning of this package has the id '${id}': choose another`,
    );
  }
  return Object.freeze({ id, run: (config: C) => check.run(config) });
}
