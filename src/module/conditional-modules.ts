import { type DynamicModule, type ForwardReference, Logger, type Type } from '@nestjs/common';
import { ConditionalModule, ConfigModule } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { loadAtBoot, readingsOf } from './config-at-boot.js';
import { type BaseConfig, ConfigDefinitionError, checkedEnvironmentOf, stateOf } from '../config/index.js';
import type { NestModule } from './module-graph.js';
import type { ProductionConfigOptions } from './production-config.options.js';

/** A call of forRoot() or forRootAsync(). */
export interface Root {
  readonly options: ProductionConfigOptions;
  /** Whether it has secrets of the application, which are fetched after Nest has read the modules. */
  readonly fetchesSecrets: boolean;
}

type RegisterWhen = typeof ConditionalModule.registerWhen;
type Condition = Extract<Parameters<RegisterWhen>[1], Function>;

const CONDITION = Symbol('CONDITION');

/** The root that was made last. */
let latest: Root | undefined;
/** The root of the application whose modules Nest is reading, if it has come to it. */
let current: Root | undefined;
/** Registrations since the last root was made. */
const unbound = new Set<Registration>();

/** A call of `ConditionalModule.registerWhen()`, whose condition is asked whenever Nest reads the modules. */
class Registration {
  /** The first root that was made after it. */
  root: Root | undefined;

  constructor(
    readonly moduleName: string,
    readonly condition: Condition,
    readonly isLogged: boolean,
  ) {}

  /** Whether the condition holds for what the sources have now. A setting that is refused counts as its text. */
  holds(): boolean {
    const { options, fetchesSecrets } = current ?? this.root ?? latest!;
    const env = checkedEnvironmentOf(readingsOf(options, fetchesSecrets), options);
    try {
      return this.condition({ ...env });
    } catch (error) {
      // Where a setting is refused, the report says why the condition fails.
      if (!fetchesSecrets) loadAtBoot(options, undefined);
      throw error;
    }
  }
}

/**
 * Lets Nest's ConditionalModule read the checked values instead of process.env. Without a root it does what it always
 * did.
 */
export function hookConditionalModule(): void {
  const stock: RegisterWhen = ConditionalModule.registerWhen.bind(ConditionalModule);
  ConditionalModule.registerWhen = async (module, condition, options) => {
    const asked: Condition =
      typeof condition === 'string' ? (env) => env[condition]?.toLowerCase() !== 'false' : condition;
    const registration = new Registration(nameOf(module), asked, options?.debug ?? true);
    unbound.add(registration);
    await stock(module, () => true, options);
    if (latest === undefined) return stock(module, condition, options);
    return {
      module: ConditionalModule,
      providers: [{ provide: CONDITION, useValue: registration }],
      get imports() {
        return registration.holds() ? [module as DynamicModule] : [];
      },
      get exports() {
        return registration.holds() ? [module as DynamicModule] : [];
      },
    };
  };
}

/** The module of a root, whose settings conditions read from now on. */
export function announceRoot(root: Root, module: DynamicModule): DynamicModule {
  latest = root;
  current = undefined;
  for (const registration of unbound) registration.root = root;
  unbound.clear();
  // Whoever waits for `ConfigModule.envVariablesLoaded` may go on: nothing will be written to process.env.
  const { environmentVariablesLoadedSignal } = ConfigModule as unknown as Record<string, () => void>;
  environmentVariablesLoadedSignal!();
  const { imports } = module;
  return Object.defineProperty(module, 'imports', {
    get: () => {
      current = root;
      return imports;
    },
  });
}

/** Nest has read all modules of the application. */
export function modulesAreRead(): void {
  current = undefined;
}

/** @throws ConfigDefinitionError where a condition read other values than those of the configuration */
export function checkConditions(modules: ModulesContainer, config: BaseConfig, { options }: Root): void {
  const env = checkedEnvironmentOf(stateOf(config), options);
  for (const { exports, providers } of modules.values()) {
    const registration = providers.get(CONDITION)?.instance as Registration | undefined;
    if (registration === undefined) continue;
    const { moduleName, condition, isLogged } = registration;
    const isRegistered = exports.size > 0;
    if (condition({ ...env }) ? !isRegistered : isRegistered) {
      throw new ConfigDefinitionError(
        `ConditionalModule ${isRegistered ? 'registered' : 'did not register'} ${moduleName}, but its condition ` +
          `${isRegistered ? 'does not hold' : 'holds'} for the configuration. A condition cannot read what forRootAsync ` +
          'fetches: set it in the environment. If several applications run in one process, list ProductionConfigModule ' +
          'before ConditionalModule',
      );
    }
    if (!isRegistered && isLogged) {
      Logger.debug(`${moduleName} is not registered: its condition does not hold`, ConditionalModule.name);
    }
  }
}

/** Modules whose condition read process.env, because their file was loaded before this one. */
export function unhookedModules(modules: readonly NestModule[]): NestModule[] {
  return modules.filter(
    ({ metatype, providers }) => metatype === ConditionalModule && !providers.has(CONDITION),
  );
}

function nameOf(module: Type | DynamicModule | Promise<DynamicModule> | ForwardReference): string {
  if ('forwardRef' in module) return nameOf(module.forwardRef() as Type);
  if ('module' in module) return module.module.name;
  return 'name' in module ? module.name : 'a module';
}
