import {
  type BaseConfig,
  type ConfigClass,
  ConfigDefinitionError,
  type Environment,
  generateSecretKey,
  loadConfig,
  nodeEnvOf,
} from '../config/index.js';

let key: string | undefined;

/**
 * An environment for tests: NODE_ENV `'test'`, a strong SECRET_KEY, and what is passed, which wins.
 *
 * The key is made anew in each process (under Jest and Vitest: in each test file) and is the same in all of it, so
 * that one application of a test accepts what another has signed. Pass a SECRET_KEY of your own where signatures
 * must not change from run to run, as in snapshots.
 *
 * @throws ConfigDefinitionError where NODE_ENV is 'production' in the real environment
 *
 * @example
 * ```ts
 * ProductionConfigModule.forRoot({ config: AppConfig, env: testEnv({ PAGE_SIZE: '2' }) })
 * ```
 */
export function testEnv(settings: Environment = {}): Environment {
  // A service that ran on this would ignore its environment, and no other replica would accept its signatures.
  if (nodeEnvOf({}) === 'production') {
    throw new ConfigDefinitionError(
      "nestjs-production-config/testing is refused where NODE_ENV is 'production': run tests with NODE_ENV=test",
    );
  }
  key ??= generateSecretKey();
  return Object.freeze({ NODE_ENV: 'test', SECRET_KEY: key, ...settings });
}

/**
 * A configuration for tests: the frozen instance of the class, loaded from `testEnv(settings)` alone. Neither the
 * real environment nor a `.env` file is read, so the settings that the class requires are passed here.
 *
 * @throws ConfigError when the settings do not satisfy the class; its report names each one
 * @throws ConfigDefinitionError where NODE_ENV is 'production' in the real environment
 *
 * @example
 * ```ts
 * await Test.createTestingModule({ imports: [AppModule] })
 *   .overrideProvider(AppConfig)
 *   .useValue(testConfig(AppConfig, { INVOICE_URL: 'https://example.org' }))
 *   .compile();
 * ```
 */
export function testConfig<T extends BaseConfig>(type: ConfigClass<T>, settings: Environment = {}): T {
  return loadConfig(type, { env: testEnv(settings) });
}
