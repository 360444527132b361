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
 * An environment for tests: NODE_ENV `'test'`, a strong SECRET_KEY, and the passed settings, which take precedence.
 *
 * Each process (under Jest and Vitest: each test file) generates one key, so all applications in it accept each
 * other's signatures. Pass your own SECRET_KEY if signatures must not change between runs, as in snapshots.
 *
 * @throws ConfigDefinitionError if NODE_ENV is 'production' in the real environment
 *
 * @example
 * ```ts
 * ProductionConfigModule.forRoot({ config: AppConfig, env: testEnv({ PAGE_SIZE: '2' }) })
 * ```
 */
export function testEnv(settings: Environment = {}): Environment {
  // In production, a service would ignore its environment, and no other replica would accept its signatures.
  if (nodeEnvOf({}) === 'production') {
    throw new ConfigDefinitionError(
      "nestjs-production-config/testing cannot be used if NODE_ENV is 'production': run tests with NODE_ENV=test",
    );
  }
  key ??= generateSecretKey();
  return Object.freeze({ NODE_ENV: 'test', SECRET_KEY: key, ...settings });
}

/**
 * A configuration for tests: the frozen instance of the class, loaded only from `testEnv(settings)`. Neither the real
 * environment nor a `.env` file is read, so pass the settings that the class requires.
 *
 * @throws ConfigError if the settings do not satisfy the class; its report names each one
 * @throws ConfigDefinitionError if NODE_ENV is 'production' in the real environment
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
