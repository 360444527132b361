import type { AnySchema } from 'joi';
import { declareSetting } from './setting.registry.js';

/** What is said of a setting beside its rule. */
export interface SettingOptions {
  /** What the setting is for, in one line: shown by `explain()`. */
  readonly about?: string;
  /** What to do when the value is missing or refused: shown in the boot report. */
  readonly fix?: string;
}

/** The options of a setting that is not secret. */
export interface EnvOptions<T = unknown> extends SettingOptions {
  /**
   * Looks at a value that is allowed and says why it should not go to production: the answer, prefixed with
   * the setting's name, becomes a warning at boot.
   */
  readonly warn?: (value: T | undefined) => string | undefined;
  /** The id by which that warning is silenced. Default: the setting's name, LOG_LEVEL as 'log-level'. */
  readonly warningId?: string;
}

/** The options of a secret. */
export interface SecretOptions extends SettingOptions {
  /** Refuses a value that another secret has too, in a list or as the password of a URL. Default: false. */
  readonly distinct?: boolean;
  /**
   * The settings that may have the same secret for a while, such as the one that replaces this one: neither `distinct`
   * nor `check` objects to the pair. Default: none.
   */
  readonly sharedWith?: readonly string[];
}

type IsAny<T> = 0 extends 1 & T ? true : false;
type IsUntyped<T> = IsAny<T> extends true ? true : T extends readonly (infer E)[] ? IsAny<E> : false;

/** What a Joi rule yields. */
export type RuleOutput<Rule> = Rule extends AnySchema<infer Output> ? Output : never;

/** Accepts a field whose type takes what the rule yields; names the mismatch in the compiler's message otherwise. */
export type SettingDecorator<Output> = <T extends object, K extends keyof T & string>(
  target: T extends Function ? { 'a setting is not static': never } : T,
  key: K &
    (IsUntyped<Output> extends true
      ? { 'the rule needs a type argument, as in Joi.array<string[]>()': never }
      : [Output] extends [T[K]]
        ? unknown
        : { 'the rule yields': Output }),
) => void;

/**
 * Declares a setting: the field's name is the variable's name, the rule checks and converts it.
 *
 * A rule is required unless it says `.optional()` or `.default()`. Lists are split by comma or newline, booleans
 * are read as people write them (true false 1 0 yes no on off).
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(Joi.string().uri(), { about: 'Where invoices are sent' })
 *   readonly INVOICE_URL!: string;
 * }
 * ```
 */
export function Env<Rule extends AnySchema>(
  rule: Rule,
  options: EnvOptions<RuleOutput<Rule>> = {},
): SettingDecorator<RuleOutput<Rule>> {
  return (target, key) => declareSetting(target, { ...options, name: key, rule, secret: false });
}

/**
 * Declares a setting whose value is never shown. It is found in the variable X, in the file that X_FILE names, or in a
 * file X of $CREDENTIALS_DIRECTORY (systemd) or $SECRETS_DIR (Docker, Kubernetes, Vault Agent).
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Secret(Joi.string().min(20), { about: 'Stripe API key', fix: 'create one in the Stripe dashboard' })
 *   readonly STRIPE_KEY!: string;
 * }
 * ```
 */
export function Secret<Rule extends AnySchema>(
  rule: Rule,
  options: SecretOptions = {},
): SettingDecorator<RuleOutput<Rule>> {
  return (target, key) => declareSetting(target, { ...options, name: key, rule, secret: true });
}
