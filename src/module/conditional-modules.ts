import { type DynamicModule, type ForwardReference, Logger, type Type } from '@nestjs/common';
import { ConditionalModule, ConfigModule } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { loadAtBoot, settingsBeforeBoot } from './config-at-boot.js';
import { type BaseConfig, ConfigDefinitionError, checkedEnvironmentOf, stateOf } from '../config/index.js';
import type { NestModule } from './module-graph.js';
import type { ProductionConfigOptions } from './production-config.options.js';

/** A call of forRoot() or forRootAsync(). */
export interface Root {
  readonly options: ProductionConfigOptions;
  /** Whether the application fetches secrets, which happens after Nest has scanned the modules. */
  readonly fetchesSecrets: boolean;
}

type RegisterWhen = typeof ConditionalModule.registerWhen;
type Condition = Extract<Parameters<RegisterWhen>[1], Function>;

const CONDITION = Symbol('CONDITION');

/** The most recently created root. */
let latest: Root | undefined;
/** The root of the application that Nest is scanning, once it has reached that root. */
let current: Root | undefined;
/** Registrations that were made after the latest root. */
const unbound = new Set<Registration>();

/** A call of `ConditionalModule.registerWhen()`. Its condition is evaluated whenever Nest scans the modules. */
class Registration {
  /** The first root that was created after it. */
  root: Root | undefined;

  constructor(
    readonly moduleName: string,
    readonly condition: Condition,
    readonly isLogged: boolean,
  ) {}

  /** Evaluates the condition with the current values of the sources. An invalid setting has its raw text. */
  holds(): boolean {
    const { options, fetchesSecrets } = current ?? this.root ?? latest!;
    const env = checkedEnvironmentOf(settingsBeforeBoot(options, fetchesSecrets), options);
    try {
      return this.condition({ ...env });
    } catch (error) {
      // If a setting is invalid, its report explains why the condition fails.
      if (!fetchesSecrets) loadAtBoot(options, undefined);
      throw error;
    }
  }
}

/**
 * Makes Nest's ConditionalModule read the checked values instead of the environment. Without a root it is unchanged.
 */
export function hookConditionalModule(): void {
  const stock: RegisterWhen = ConditionalModule.registerWhen.bind(ConditionalModule);
  ConditionalModule.registerWhen = async (module, condition, options) => {
    const predicate: Condition =
      typeof condition === 'string' ? (env) => env[condition]?.toLowerCase() !== 'false' : condition;
    const registration = new Registration(nameOf(module), predicate, options?.debug ?? true);
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

/** Makes conditions read the settings of this root from now on. Returns its module. */
export function registerRoot(root: Root, module: DynamicModule): DynamicModule {
  latest = root;
  current = undefined;
  for (const registration of unbound) registration.root = root;
  unbound.clear();
  // Resolves `ConfigModule.envVariablesLoaded`: nothing will be written to the environment.
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

/** Called when Nest has scanned all modules of the application. */
export function finishModuleScan(): void {
  current = undefined;
}

/** @throws ConfigDefinitionError if a condition gives another result for the loaded configuration */
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

/** Modules whose condition read the raw environment, because they were registered before this file was loaded. */
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
