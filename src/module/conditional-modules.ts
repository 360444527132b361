import { type DynamicModule, type ForwardReference, Logger, type Type } from '@nestjs/common';
import { ConditionalModule, ConfigModule } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { configBeforeBoot, loadAtBoot } from './config-at-boot.js';
import {
  type BaseConfig,
  type Environment,
  ConfigDefinitionError,
  checkedEnvironmentOf,
  stateOf,
} from '../config/index.js';
import type { NestModule } from './module-graph.js';
import type { ConfigCondition, ProductionConfigOptions } from './production-config.options.js';

/** A call of forRoot() or forRootAsync(). */
export interface Root {
  readonly options: ProductionConfigOptions;
  /** Whether the application fetches secrets, which happens after Nest has scanned the modules. */
  readonly fetchesSecrets: boolean;
}

type RegisterWhen = typeof ConditionalModule.registerWhen;
type Condition = Extract<Parameters<RegisterWhen>[1], Function>;
type Conditional = Type | DynamicModule | Promise<DynamicModule> | ForwardReference;

const CONDITION = Symbol('CONDITION');

/** The most recently created root. */
let latest: Root | undefined;
/** The root of the application that Nest is scanning, once it has reached that root. */
let current: Root | undefined;
/** Registrations that were made after the latest root. */
const unbound = new Set<Registration>();

/** What a condition may read. */
interface Readable {
  readonly environment: () => Environment;
  readonly config: () => BaseConfig;
}

/** A module that is registered under a condition, which is evaluated whenever Nest scans the modules. */
class Registration {
  /** The first root that was created after it. */
  root: Root | undefined;

  constructor(
    readonly module: Conditional,
    readonly condition: (values: Readable) => boolean,
    /** The class whose registerWhen() was called. */
    readonly registrar: string,
    readonly isLogged = true,
    /** The variable that a condition of Nest's names. */
    readonly variable?: string,
  ) {
    unbound.add(this);
  }

  /** The module of Nest that stands for it. */
  toModule(): Required<Pick<DynamicModule, 'module' | 'providers' | 'imports' | 'exports'>> {
    const modules = () => (this.holds() ? [this.module as DynamicModule] : []);
    return {
      module: ConditionalModule,
      providers: [{ provide: CONDITION, useValue: this }],
      get imports() {
        return modules();
      },
      get exports() {
        return modules();
      },
    };
  }

  /** Evaluates the condition with the current values of the sources. An invalid setting has its raw text. */
  private holds(): boolean {
    const root = current ?? this.root ?? latest;
    if (root === undefined) {
      throw new ConfigDefinitionError(
        `ProductionConfigModule.registerWhen() of ${nameOf(this.module)} needs ProductionConfigModule.forRoot() in the application`,
      );
    }
    const { options, fetchesSecrets } = root;
    const config = () => configBeforeBoot(options, fetchesSecrets);
    try {
      return this.condition({
        environment: () => ({ ...checkedEnvironmentOf(stateOf(config()), options) }),
        config,
      });
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
    const holds = ({ environment }: Readable) => predicate(environment());
    const variable = typeof condition === 'string' ? condition : undefined;
    const registration = new Registration(module, holds, ConditionalModule.name, options?.debug, variable);
    await stock(module, () => true, options);
    if (latest === undefined) return stock(module, condition, options);
    return registration.toModule();
  };
}

/** Registers a module if a condition holds for the configuration. */
export function registerByConfig(module: Conditional, condition: ConfigCondition): DynamicModule {
  return new Registration(module, ({ config }) => condition(config()), 'ProductionConfigModule').toModule();
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
  let checked: Environment | undefined;
  const values: Readable = {
    environment: () => ({ ...(checked ??= checkedEnvironmentOf(stateOf(config), options)) }),
    config: () => config,
  };
  for (const { exports, providers } of modules.values()) {
    const registration = providers.get(CONDITION)?.instance as Registration | undefined;
    if (registration === undefined) continue;
    const { condition, registrar, isLogged, variable } = registration;
    const moduleName = nameOf(registration.module);
    const isRegistered = exports.size > 0;
    if (condition(values) ? !isRegistered : isRegistered) {
      throw new ConfigDefinitionError(
        `${registrar}.registerWhen() ${isRegistered ? 'registered' : 'did not register'} ${moduleName}, but its condition ` +
          `${isRegistered ? 'does not hold' : 'holds'} for the configuration. A condition cannot read what forRootAsync ` +
          'fetches: set it in the environment. If several applications run in one process, list ' +
          'ProductionConfigModule.forRoot() before registerWhen()',
      );
    }
    if (
      isRegistered &&
      isLogged &&
      variable !== undefined &&
      isUnknown(variable, config, values.environment())
    ) {
      Logger.warn(
        `${moduleName} is registered because ${variable} is unset in the environment. ${config.constructor.name} does not ` +
          `declare ${variable}, so a value in .env is not read: declare it`,
        registrar,
      );
    }
    if (!isRegistered && isLogged) {
      Logger.debug(`${moduleName} is not registered: its condition does not hold`, registrar);
    }
  }
}

/** Whether a variable has no value, and could not have one from a file. */
function isUnknown(name: string, config: BaseConfig, environment: Environment): boolean {
  const declared = [...stateOf(config).settings.values()].flatMap((setting) => [
    setting.name,
    ...setting.alias,
  ]);
  return environment[name] === undefined && !declared.includes(name);
}

/** Modules whose condition read the raw environment, because they were registered before this file was loaded. */
export function unhookedModules(modules: readonly NestModule[]): NestModule[] {
  return modules.filter(
    ({ metatype, providers }) => metatype === ConditionalModule && !providers.has(CONDITION),
  );
}

function nameOf(module: Conditional): string {
  if ('forwardRef' in module) return nameOf(module.forwardRef() as Type);
  if ('module' in module) return module.module.name;
  return 'name' in module ? module.name : 'a module';
}
