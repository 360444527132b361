import { type Provider, Scope, type Type } from '@nestjs/common';
import {
  type BaseConfig,
  type ConfigClass,
  ConfigDefinitionError,
  ConfigGroup,
  type GroupShape,
  ancestorsOf,
  groupsIn,
  isWithin,
  shapeOf,
  valueAt,
} from '../config/index.js';

/**
 * Providers of the groups of a configuration class, each under its own class and those that it extends. If
 * several groups have the same class, or if the group may be absent, the provider throws an error that says so.
 */
export function groupProviders(
  config: ConfigClass<BaseConfig>,
): { readonly token: Type; readonly provider: Provider }[] {
  const all = groupsOf(config);
  const byToken = new Map<Function, GroupShape[]>();
  for (const group of all) {
    for (const token of tokensOf(group.type)) {
      byToken.set(token, [...(byToken.get(token) ?? []), group]);
    }
  }
  return [...byToken].map(([type, groups]) => {
    const token = type as Type;
    const [group, ...others] = groups as [GroupShape, ...GroupShape[]];
    const places = groups.map(({ path }) => `${config.name}.${path.join('.')}`).join(' and ');
    if (others.length > 0) return { token, provider: refusal(token, config, `stands for ${places}`) };
    if (mayBeAbsent(group, all))
      return { token, provider: refusal(token, config, `is optional, as ${places}`) };
    const useFactory = (loaded: object) => valueAt(loaded, group.path);
    return { token, provider: { provide: token, inject: [config], useFactory } };
  });
}

/** A faulty class is reported when it is loaded: a file that calls forRoot() can be imported. */
function groupsOf(config: Function): GroupShape[] {
  try {
    return groupsIn(shapeOf(config));
  } catch {
    return [];
  }
}

function tokensOf(type: Function): Function[] {
  const chain = [type, ...ancestorsOf(type)];
  return chain.slice(0, chain.indexOf(ConfigGroup));
}

/** Whether a group, or one around it, is optional. */
function mayBeAbsent(one: GroupShape, all: readonly GroupShape[]): boolean {
  return all.some((group) => group.optional && isWithin(one, group.path));
}

/** Nest calls the factory of a transient provider for each class that injects it, and otherwise never. */
function refusal(token: Type, config: ConfigClass<BaseConfig>, reason: string): Provider {
  return {
    provide: token,
    scope: Scope.TRANSIENT,
    inject: [config],
    useFactory: (loaded: object) => {
      const error = new ConfigDefinitionError(
        `${token.name} cannot be injected: it ${reason}. Inject ${config.name}`,
      );
      refusals.set(loaded, error);
      throw error;
    },
  };
}

const refusals = new WeakMap<object, ConfigDefinitionError>();

/** With `@Optional()`, Nest drops the error and injects undefined, even if the group is there. */
export function throwDroppedRefusal(loaded: BaseConfig): void {
  const error = refusals.get(loaded);
  if (error !== undefined) throw error;
}
