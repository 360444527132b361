import type { AnySchema } from 'joi';
import { ConfigDefinitionError } from './config.error.js';

/** The condition under which an optional setting or group is required. */
export interface RequirementOptions<C = never> {
  /**
   * Gets the checked values of the class that declares the field, with its getters and methods, and returns whether the
   * field is required. It is evaluated once the settings that it refers to are valid.
   */
  readonly requiredWhen: (config: C) => boolean;
  /** The condition as a clause, such as 'MAIL_DRIVER is smtp': shown in the boot report and in `.env.example`. */
  readonly because: string;
}

/** A class that a condition accepts. */
export type AcceptedBy<T, C> = T extends C ? T : { 'requiredWhen takes': C };

/** A condition, and the prototype of the class that declares it. */
export interface Condition extends RequirementOptions {
  readonly declaredBy: object;
}

/** What a decorator says about a field that is a setting. */
export interface DeclaredSetting {
  /** Undefined: the decorator changes the options of an inherited setting and keeps its rule. */
  readonly rule?: AnySchema | undefined;
  readonly secret: boolean;
  readonly condition?: Condition | undefined;
  /** Whether a file may hold the value, as for every secret. */
  readonly file?: boolean;
  readonly about?: string;
  readonly fix?: string;
  readonly name?: string;
  readonly alias?: readonly string[];
  readonly distinct?: boolean;
  readonly sharedWith?: readonly string[];
  /** Whether the workers of a service have different values by design. */
  readonly perInstance?: boolean;
  // Each setting's `warn` takes its own type; the registry holds them all.
  readonly warn?: (value: never) => string | undefined;
  readonly warningId?: string;
}

/** What a decorator says about a field that is a group of settings. */
export interface DeclaredGroup {
  readonly condition?: Condition | undefined;
  readonly group: Function;
  readonly prefix?: string;
  readonly optional?: boolean;
  readonly about?: string;
  readonly replaces?: 'database';
}

export type Member = DeclaredSetting | DeclaredGroup;

export function isGroup(member: Member | undefined): member is DeclaredGroup {
  return member !== undefined && 'group' in member;
}

// Keyed by prototype, so that siblings do not see each other's members.
const declared = new WeakMap<object, Map<string, Member>>();

export function declareMember(
  prototype: object,
  field: string,
  { requiredWhen, because, ...member }: Member & Partial<RequirementOptions>,
): void {
  if (typeof prototype === 'function') {
    throw new ConfigDefinitionError(
      `${prototype.name}.${field} is static: a setting must be an instance field`,
    );
  }
  const members = declared.get(prototype) ?? new Map<string, Member>();
  if (requiredWhen === undefined && because === undefined) {
    declared.set(prototype, members.set(field, member));
    return;
  }
  if (requiredWhen === undefined || because === undefined) {
    const { name } = prototype.constructor;
    throw new ConfigDefinitionError(`${name}.${field}: requiredWhen and because need each other`);
  }
  const condition = { requiredWhen, because: because.replaceAll(/\s+/g, ' '), declaredBy: prototype };
  declared.set(prototype, members.set(field, { ...member, condition }));
}

// The fields that a method of a class reads, by prototype.
const reads = new WeakMap<object, ReadonlyMap<string, readonly string[]>>();

/** Declares what methods of a class read, so that `pick()` of a method brings its settings. */
export function declareReads(type: Function, fields: Readonly<Record<string, readonly string[]>>): void {
  reads.set(type.prototype as object, new Map(Object.entries(fields)));
}

/** The fields that the methods among these members read. */
export function readsOf(type: Function, members: readonly string[]): string[] {
  return lineage(type).flatMap((prototype) =>
    members.flatMap((name) => reads.get(prototype)?.get(name) ?? []),
  );
}

/** Redeclares members of the parent class, so that an overlay applies them. */
export function restoreSettings(type: Function, fields: readonly string[]): void {
  const inherited = membersOf(Object.getPrototypeOf(type) as Function);
  for (const field of fields) declareMember(type.prototype as object, field, inherited.get(field)!);
}

/**
 * The members of a class by field. The most derived declaration wins; it inherits names that it does not declare itself.
 * The declarations of the overlay override those of the class, except declarations of ancestors that both classes share.
 */
export function membersOf(type: Function, overlay: Function = type): Map<string, Member> {
  const prototypes = lineage(type);
  const beyond = lineage(overlay).filter((prototype) => !prototypes.includes(prototype));
  const members = new Map<string, Member>();
  for (const [field, member] of [...prototypes, ...beyond].flatMap((prototype) => [
    ...(declared.get(prototype) ?? []),
  ])) {
    members.set(field, override(members.get(field), member, { field, type, overlay }));
  }
  return members;
}

function override(
  inherited: Member | undefined,
  member: Member,
  { field, type, overlay }: { readonly field: string; readonly type: Function; readonly overlay: Function },
): Member {
  if (isGroup(member)) {
    const { prefix, replaces }: Partial<DeclaredGroup> = isGroup(inherited) ? inherited : {};
    return { ...(prefix !== undefined && { prefix }), ...(replaces && { replaces }), ...member };
  }
  const base = isGroup(inherited) ? undefined : inherited;
  if (base?.secret === true && !member.secret) {
    throw new ConfigDefinitionError(
      `${overlay.name} declares ${field} with @Env, which would expose it: it is a secret in ${type.name}`,
    );
  }
  if (member.rule !== undefined) return { ...inheritedOf(base), ...member };
  if (base === undefined) {
    throw new ConfigDefinitionError(
      `${overlay.name}.${field} has no rule, and no class that ${overlay.name} extends declares it: pass a rule first`,
    );
  }
  return { ...base, ...member, rule: base.rule };
}

/** What a member keeps when a class gives it another rule: where its value comes from, and whether it differs by instance. */
function inheritedOf({
  name,
  alias,
  file,
  perInstance,
}: Partial<DeclaredSetting> = {}): Partial<DeclaredSetting> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(alias === undefined ? {} : { alias }),
    ...(file === undefined ? {} : { file }),
    ...(perInstance === undefined ? {} : { perInstance }),
  };
}

/** Whether the package itself declares a setting, and thus reads it by its name. */
export function isBuiltIn(type: Function, field: string): boolean {
  const [root] = lineage(type);
  return root !== undefined && declared.get(root)?.has(field) === true;
}

/** Whether a class declares a setting of the package again. */
export function isRedeclared(type: Function, field: string): boolean {
  return lineage(type)
    .slice(1)
    .some((prototype) => declared.get(prototype)?.has(field) === true);
}

/** The prototype chain of a class, the base class first. */
function lineage(type: Function): object[] {
  const prototypes: object[] = [];
  for (
    let prototype: object | null = type.prototype;
    prototype !== null && prototype !== Object.prototype;
    prototype = Object.getPrototypeOf(prototype)
  ) {
    prototypes.unshift(prototype);
  }
  return prototypes;
}
