import Joi, { type AnySchema } from 'joi';
import { type StandardRule, isStandardRule, toJoi } from './standard-schema.js';
import { type AcceptedBy, type RequirementOptions, declareMember } from './setting.registry.js';

/** The options of a setting besides its rule. */
export interface SettingOptions {
  /** The purpose of the setting, in one line: shown by `explain()`. */
  readonly about?: string;
  /** What to do if the value is missing or rejected: shown in the boot report. */
  readonly fix?: string;
  /**
   * The full name of its variable: a group's prefix is not added. Default: the field's name; in a group, the group's prefix
   * and the field's name in SNAKE_CASE. If a subclass, or a class in `environments`, declares the setting with another
   * rule, the name is inherited. The settings of this package keep their names.
   */
  readonly name?: string;
  /**
   * Other names of its variable, such as REDIS_URL for CACHE_URL. Different values under two names are a
   * problem. Aliases are inherited like the name. NODE_ENV cannot have one.
   */
  readonly alias?: readonly string[];
  /**
   * Whether the workers of a service have different values by design, such as PORT: `Fleet` does not compare them.
   * Default: false. A subclass inherits it.
   */
  readonly perInstance?: boolean;
}

/** The options of a setting that is not secret. */
export interface EnvOptions<T = unknown> extends SettingOptions {
  /**
   * Gets a valid value and returns why it is not fit for production, or undefined if it is fit. The text, prefixed with
   * the setting's name, becomes a warning at boot.
   */
  readonly warn?: (value: T | undefined) => string | undefined;
  /** The id that silences this warning. Default: the setting's name, such as 'log-level' for LOG_LEVEL. */
  readonly warningId?: string;
  /**
   * Whether the value of X may be in a file, as for a secret: the one that X_FILE names, or X in a directory of secrets. For
   * long public texts, such as a certificate, 1 MiB at most. Default: false. A subclass inherits it.
   */
  readonly file?: boolean;
}

/** The options of a secret. */
export interface SecretOptions extends SettingOptions {
  /** Rejects a value that another secret also has, be it in a list or as the password of a URL. Default: false. */
  readonly distinct?: boolean;
  /**
   * The settings that may have the same secret, such as the one that replaces this one: by name, or in the same group by
   * field. `distinct` and `check` ignore these pairs. Default: none.
   */
  readonly sharedWith?: readonly string[];
}

type IsAny<T> = 0 extends 1 & T ? true : false;
type IsUntyped<T> = IsAny<T> extends true ? true : T extends readonly (infer E)[] ? IsAny<E> : false;

/** What a setting is declared with: a Joi rule, or one of another library. */
type SettingRule = AnySchema | StandardRule;

/** The type of value that a rule yields. */
export type RuleOutput<R> =
  R extends AnySchema<infer Output>
    ? Output
    : R extends { readonly '~standard': { readonly types?: infer Types } }
      ? NonNullable<Types> extends { readonly output: infer Output }
        ? Output
        : never
      : never;

/** Accepts a field if its type fits what the rule yields. Otherwise the compiler's message names the mismatch. */
export type SettingDecorator<Output> = <T extends object, K extends keyof T & string>(
  target: T extends Function ? { 'a setting is not static': never } : T,
  key: K &
    (IsUntyped<Output> extends true
      ? { 'the rule needs a type argument, as in Joi.array<string[]>()': never }
      : [Output] extends [T[K]]
        ? unknown
        : { 'the rule yields': Output }),
) => void;

/** Like SettingDecorator, for a setting that may be undefined, in a class that its condition accepts. */
export type ConditionalDecorator<Output, C> = <T extends object, K extends keyof T & string>(
  target: AcceptedBy<T, C>,
  key: K &
    (undefined extends T[K]
      ? [Output] extends [T[K]]
        ? unknown
        : { 'the rule yields': Output }
      : { 'a setting with requiredWhen may be absent: write ?': never }),
) => void;

/** Accepts any field: the rule is that of the parent class. */
export type InheritedDecorator<C = object> = <T extends object>(
  target: AcceptedBy<T, C>,
  key: keyof T & string,
) => void;

/**
 * Declares a setting: the field's name is the variable's name, and the rule checks and converts the value. The rule is
 * Joi's, or one of another library that implements Standard Schema and answers synchronously.
 *
 * A rule is required unless it has `.optional()` or `.default()`. Lists are split by comma or newline. Booleans are
 * true, false, 1, 0, yes, no, on or off. With options alone it changes those of an inherited setting, whose rule stays.
 * With `requiredWhen` it is optional unless the condition holds.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Env(Joi.string().uri(), { about: 'Where invoices are sent' })
 *   readonly INVOICE_URL!: string;
 * }
 * ```
 */
export function Env<R extends SettingRule>(
  rule: R,
  options?: EnvOptions<RuleOutput<R>>,
): SettingDecorator<RuleOutput<R>>;
export function Env<R extends SettingRule, C extends object>(
  rule: R,
  options: EnvOptions<RuleOutput<R>> & RequirementOptions<C>,
): ConditionalDecorator<RuleOutput<R>, C>;
export function Env<C extends object>(
  options: EnvOptions<never> & RequirementOptions<C>,
): InheritedDecorator<C>;
export function Env(options: EnvOptions<never>): InheritedDecorator;
export function Env(first: SettingRule | Options, second?: Options): never {
  return declare(false, first, second);
}

/**
 * Declares a setting whose value is never shown. A secret X comes from the variable X, from the file that X_FILE names,
 * or from a file X in $CREDENTIALS_DIRECTORY (systemd) or $SECRETS_DIR (Docker, Kubernetes, Vault Agent).
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Secret(Joi.string().min(20), { about: 'Stripe API key', fix: 'create one in the Stripe dashboard' })
 *   readonly STRIPE_KEY!: string;
 * }
 * ```
 */
export function Secret<R extends SettingRule>(
  rule: R,
  options?: SecretOptions,
): SettingDecorator<RuleOutput<R>>;
export function Secret<R extends SettingRule, C extends object>(
  rule: R,
  options: SecretOptions & RequirementOptions<C>,
): ConditionalDecorator<RuleOutput<R>, C>;
export function Secret<C extends object>(
  options: SecretOptions & RequirementOptions<C>,
): InheritedDecorator<C>;
export function Secret(options: SecretOptions): InheritedDecorator;
export function Secret(first: SettingRule | Options, second?: Options): never {
  return declare(true, first, second);
}

type Options = SettingOptions & Partial<RequirementOptions>;

/** Of type never, because it is the implementation of overloads that return different decorators. */
function declare(secret: boolean, first: SettingRule | Options, second: Options | undefined): never {
  const rule = Joi.isSchema(first) ? first : isStandardRule(first) ? toJoi(first) : undefined;
  const options = rule === undefined ? (first as Options) : second;
  const declared = options?.requiredWhen === undefined ? rule : rule && optionalUnlessStated(rule);
  const decorator = (target: object, key: string) =>
    declareMember(target, key, { ...options, rule: declared, secret });
  return decorator as never;
}

function optionalUnlessStated(rule: AnySchema): AnySchema {
  return rule.$_getFlag('presence') === undefined ? rule.optional() : rule;
}
