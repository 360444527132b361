import { refuseConstruction, stateOf } from './load/config.instance.js';
import { visibleValues } from './load/explained-setting.js';
import { ConfigDefinitionError } from './model/config.error.js';
import { showRedacted } from './model/redaction.js';
import { type AcceptedBy, type RequirementOptions, declareMember } from './model/setting.registry.js';

/**
 * The base class for the settings of a feature. A configuration class declares the group as a field with `@Group`. A
 * variable's name is the group's prefix and the field's name in SNAKE_CASE.
 *
 * @example
 * ```ts
 * export class MailConfig extends ConfigGroup {
 *   @Env(Joi.string().hostname(), { about: 'The SMTP server' })
 *   readonly host!: string;
 *
 *   @Env(Joi.number().port().default(587))
 *   readonly port!: number;
 *
 *   get address(): string {
 *     return `${this.host}:${this.port}`;
 *   }
 * }
 * ```
 */
export class ConfigGroup {
  /** So that the compiler does not take any class for a group. Static and public, so that anonymous classes compile. @hidden */
  declare static readonly isConfigGroup: true;

  constructor() {
    refuseConstruction(new.target);
  }

  /** Every setting of the group that is set; secrets redacted. */
  toJSON(): Record<string, unknown> {
    return visibleValues(stateOf(this));
  }

  static {
    showRedacted(this);
  }
}

/** The options of a group. */
export interface GroupOptions extends Partial<RequirementOptions> {
  /**
   * The prefix of its variables, which follows the prefix of the group that contains it. Default: the prefix of an inherited
   * declaration, or else the field's name in SNAKE_CASE, such as BULK_MAIL_ for bulkMail. '' means none.
   */
  readonly prefix?: string;
  /** Whether the group is absent if none of its variables is set. Default: false; with `requiredWhen`, true. */
  readonly optional?: boolean;
  /** The purpose of the group, in one line: a heading in `.env.example`. */
  readonly about?: string;
  /**
   * 'database': the configuration class has no DATABASE_ setting of this package, and the group may read variables with
   * these names. Reading such a setting, or calling `getDatabaseConfig()`, throws. A redeclaration of the group keeps it.
   */
  readonly replaces?: 'database';
}

/** A class that extends ConfigGroup. */
export interface GroupClass<G extends ConfigGroup = ConfigGroup> extends Function {
  /** Throws: instances are made by `load()` of the configuration class. */
  new (): G;
  /** The object from which instances inherit. */
  readonly prototype: G;
  /** @hidden */
  readonly isConfigGroup: true;
}

/** Accepts a field whose type is the group, and undefined if the group is optional. */
export type GroupDecorator<G, Options> = <T extends object, K extends keyof T & string>(
  target: T extends Function ? { 'a group is not static': never } : TargetOf<T, Options>,
  key: K & FieldOf<G, T[K], Options>,
) => void;

type MayBeAbsent<Options> = Options extends { readonly optional: false }
  ? false
  : Options extends { readonly optional: boolean } | { readonly requiredWhen: unknown }
    ? true
    : false;

type TargetOf<T, Options> = Options extends { readonly requiredWhen: (config: infer C) => boolean }
  ? Options extends { readonly because: string }
    ? AcceptedBy<T, C>
    : { 'requiredWhen needs because': string }
  : T;

type FieldOf<G, Field, Options> = [G] extends [Field]
  ? [Exclude<Field, undefined>] extends [G]
    ? undefined extends Field
      ? unknown
      : MayBeAbsent<Options> extends true
        ? { 'an optional group may be absent: write ?': G }
        : unknown
    : { 'the field is wider than the group': G }
  : { 'the group is': G };

/**
 * Declares a field with the settings of a feature. The settings are checked with the others, and the report names their
 * variables. The group's class can be injected if no other group has it, and if neither this group nor a group that
 * contains it is optional.
 *
 * @throws ConfigDefinitionError if the class is undefined or does not extend ConfigGroup; when the configuration is loaded,
 * if two settings have the same name, or if a group contains itself
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   @Group(MailConfig)
 *   readonly mail!: MailConfig; // MAIL_HOST, MAIL_PORT
 *
 *   @Group(S3Config, { prefix: 'S3_', optional: true })
 *   readonly files?: S3Config; // undefined if no S3_ variable is set
 * }
 * ```
 */
export function Group<G extends ConfigGroup, const Options extends GroupOptions = {}>(
  type: GroupClass<G>,
  options?: Options,
): GroupDecorator<G, Options> {
  return (target, key) => {
    // Undefined if two files import each other.
    if (typeof type !== 'function') {
      throw new ConfigDefinitionError(
        `the class of the group ${key} is ${String(type)}: check for a circular import between the two files`,
      );
    }
    if (type !== (ConfigGroup as Function) && !(type.prototype instanceof ConfigGroup)) {
      throw new ConfigDefinitionError(`the class of the group ${key} must extend ConfigGroup`);
    }
    const optional = options?.requiredWhen !== undefined;
    declareMember(target, key, { optional, ...options, group: type });
  };
}
