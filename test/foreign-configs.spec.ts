import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, ProductionConfig, type ConfigClass, type Environment } from 'nestjs-production-config';
import { BoilerplateConfig } from './fixtures/foreign/nestjs-boilerplate.config.js';
import { DocmostConfig } from './fixtures/foreign/docmost.config.js';
import { GhostfolioConfig } from './fixtures/foreign/ghostfolio.config.js';
import { SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';

/** The lines of a `.env` file, by name, with blanks and quotes as they are in it. */
type EnvLines = Readonly<Record<string, string>>;

/** A `.env` file with these lines, for `envFile`. */
function envFile(lines: EnvLines): string {
  const path = join(mkdtempSync(join(tmpdir(), 'foreign-')), '.env');
  writeFileSync(
    path,
    `${Object.entries(lines)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n')}\n`,
  );
  return path;
}

function load<T extends ProductionConfig>(type: ConfigClass<T>, lines: EnvLines, env: Environment = {}): T {
  return (type as unknown as { load(env: Environment, options: object): T }).load(env, {
    envFile: envFile(lines),
  });
}

/** What is wrong, by variable. */
function problemsOf(type: ConfigClass<ProductionConfig>, lines: EnvLines): Record<string, string> {
  try {
    load(type, lines);
    return {};
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.problems.map(({ name, message }) => [name, message]));
  }
}

const OWN = new Set(
  ProductionConfig.load({ SECRET_KEY })
    .explain()
    .map(({ name }) => name),
);

/** The names that a class reads besides those of the package; the service's own name for a setting that has an alias. */
const namesOf = (
  config: ProductionConfig,
  service: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
) =>
  config
    .explain()
    .map(({ name }) => aliases[name] ?? name)
    .filter((name) => service.includes(name) || !OWN.has(name))
    .toSorted();

/** Expects that nothing which is shown of the configuration contains one of the texts. */
function expectHidden(config: ProductionConfig, secrets: readonly string[]): void {
  const shown = [
    JSON.stringify(config),
    JSON.stringify(config.explain()),
    inspect(config, { depth: 9, getters: true }),
    inspect(config, { depth: 9, showHidden: true, customInspect: false }),
    JSON.stringify({ ...config }),
  ].join('\n');
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
}

const words = (text: string) => text.trim().split(/\s+/);

/** A text for each name, which is found wherever it is shown. */
const secretsFor = (...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, `canary-${name.toLowerCase()}-7Hq2Zr9Lw4Tn8Vb3Xk6Mp`]));

describe('the configuration of nestjs-boilerplate', () => {
  const NAMES = words(`
    NODE_ENV PORT APP_PORT APP_NAME API_PREFIX APP_FALLBACK_LANGUAGE APP_HEADER_LANGUAGE
    FRONTEND_DOMAIN BACKEND_DOMAIN APP_CORS_ORIGINS DATABASE_TYPE DATABASE_HOST DATABASE_PORT
    DATABASE_USERNAME DATABASE_PASSWORD DATABASE_NAME DATABASE_SYNCHRONIZE DATABASE_MAX_CONNECTIONS
    DATABASE_SSL_ENABLED DATABASE_REJECT_UNAUTHORIZED DATABASE_CA DATABASE_KEY DATABASE_CERT
    DATABASE_URL FILE_DRIVER ACCESS_KEY_ID SECRET_ACCESS_KEY AWS_S3_REGION AWS_DEFAULT_S3_BUCKET
    MAIL_HOST MAIL_PORT MAIL_USER MAIL_PASSWORD MAIL_IGNORE_TLS MAIL_SECURE MAIL_REQUIRE_TLS
    MAIL_DEFAULT_EMAIL MAIL_DEFAULT_NAME AUTH_JWT_SECRET AUTH_JWT_TOKEN_EXPIRES_IN
    AUTH_REFRESH_SECRET AUTH_REFRESH_TOKEN_EXPIRES_IN AUTH_FORGOT_SECRET
    AUTH_FORGOT_TOKEN_EXPIRES_IN AUTH_CONFIRM_EMAIL_SECRET AUTH_CONFIRM_EMAIL_TOKEN_EXPIRES_IN
    AUTH_UNIFORM_ERRORS FACEBOOK_APP_ID FACEBOOK_APP_SECRET GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET
    APPLE_APP_AUDIENCE
  `);

  const EXAMPLE: EnvLines = {
    NODE_ENV: 'development',
    APP_PORT: '4100',
    APP_NAME: '"An example"',
    API_PREFIX: 'v',
    APP_FALLBACK_LANGUAGE: 'de',
    APP_HEADER_LANGUAGE: 'x-language',
    FRONTEND_DOMAIN: 'http://localhost:4200',
    BACKEND_DOMAIN: 'http://localhost:4100',
    APP_CORS_ORIGINS: 'http://localhost:4200',
    DATABASE_TYPE: 'postgres',
    DATABASE_HOST: 'db',
    DATABASE_PORT: '5433',
    DATABASE_USERNAME: 'owner',
    DATABASE_PASSWORD: 'weak',
    DATABASE_NAME: 'example',
    DATABASE_SYNCHRONIZE: 'false',
    DATABASE_MAX_CONNECTIONS: '50',
    DATABASE_SSL_ENABLED: 'false',
    DATABASE_REJECT_UNAUTHORIZED: 'false',
    DATABASE_CA: '',
    DATABASE_KEY: '',
    DATABASE_CERT: '',
    DATABASE_URL: '',
    FILE_DRIVER: 'local',
    ACCESS_KEY_ID: '',
    SECRET_ACCESS_KEY: '',
    AWS_S3_REGION: '',
    AWS_DEFAULT_S3_BUCKET: '',
    MAIL_HOST: 'mailbox',
    MAIL_PORT: '2525',
    MAIL_USER: '',
    MAIL_PASSWORD: '',
    MAIL_IGNORE_TLS: 'true',
    MAIL_SECURE: 'false',
    MAIL_REQUIRE_TLS: 'false',
    MAIL_DEFAULT_EMAIL: 'robot@mail.example',
    MAIL_DEFAULT_NAME: 'Robot',
    MAIL_CLIENT_PORT: '8080',
    AUTH_JWT_SECRET: 'weak',
    AUTH_JWT_TOKEN_EXPIRES_IN: '20m',
    AUTH_REFRESH_SECRET: 'weak_too',
    AUTH_REFRESH_TOKEN_EXPIRES_IN: '60d',
    AUTH_FORGOT_SECRET: 'weak_again',
    AUTH_FORGOT_TOKEN_EXPIRES_IN: '45m',
    AUTH_CONFIRM_EMAIL_SECRET: 'weak_as_well',
    AUTH_CONFIRM_EMAIL_TOKEN_EXPIRES_IN: '2d',
    AUTH_UNIFORM_ERRORS: 'false',
    FACEBOOK_APP_ID: '',
    FACEBOOK_APP_SECRET: '',
    GOOGLE_CLIENT_ID: '',
    GOOGLE_CLIENT_SECRET: '',
    APPLE_APP_AUDIENCE: '[]',
    WORKER_HOST: 'redis://cache:6379/2',
  };
  const AUTH = secretsFor(
    'AUTH_JWT_SECRET',
    'AUTH_REFRESH_SECRET',
    'AUTH_FORGOT_SECRET',
    'AUTH_CONFIRM_EMAIL_SECRET',
  );
  const SOUND: EnvLines = { ...EXAMPLE, SECRET_KEY, ...AUTH };

  it('is refused as its example has it, for its weak secrets and for the one that it lacks', () => {
    const short = 'must have at least 32 characters';
    expect(problemsOf(BoilerplateConfig, EXAMPLE)).toEqual({
      SECRET_KEY: 'is missing',
      AUTH_JWT_SECRET: short,
      AUTH_REFRESH_SECRET: short,
      AUTH_FORGOT_SECRET: short,
      AUTH_CONFIRM_EMAIL_SECRET: short,
    });
  });

  it('has typed values: seconds, flags, lists, and the port of the platform', () => {
    const config = load(BoilerplateConfig, SOUND);
    const { app, auth, database, file, mail, apple, DATABASE_MAX_CONNECTIONS } = config;
    expect(app).toMatchObject({ port: 4100, name: 'An example', corsOrigins: ['http://localhost:4200'] });
    expect(auth).toMatchObject({
      jwtTokenExpiresIn: 20 * 60,
      refreshTokenExpiresIn: 60 * 24 * 3600,
      forgotTokenExpiresIn: 45 * 60,
      confirmEmailTokenExpiresIn: 2 * 24 * 3600,
      uniformErrors: false,
    });
    expect(database).toMatchObject({ type: 'postgres', synchronize: false });
    expect(config.getDatabaseConfig()).toMatchObject({ host: 'db', port: 5433, user: 'owner' });
    expect(DATABASE_MAX_CONNECTIONS).toBe(50);
    expect(file).toMatchObject({ driver: 'local', accessKeyId: undefined });
    expect(mail).toMatchObject({ port: 2525, ignoreTLS: true, secure: false, requireTLS: false });
    expect(apple?.appAudience).toEqual([]);

    const other = { APP_PORT: '', APP_CORS_ORIGINS: '', PORT: '8080', APPLE_APP_AUDIENCE: '["a.b","c"]' };
    const on = load(BoilerplateConfig, { ...SOUND, ...other });
    expect([on.app.port, on.app.allowedOrigins]).toEqual([8080, ['http://localhost:4200']]);
    expect(on.apple?.appAudience).toEqual(['a.b', 'c']);
  });

  it('needs either the URL of the database or all of its parts', () => {
    const parts = ['HOST', 'PORT', 'USERNAME', 'PASSWORD', 'NAME'].map((name) => `DATABASE_${name}`);
    expect(problemsOf(BoilerplateConfig, { ...SOUND, DATABASE_USERNAME: '' })).toEqual({
      DATABASE_USER: 'is missing; required because DATABASE_HOST is set',
    });
    const none = { ...SOUND, ...Object.fromEntries(parts.map((name) => [name, ''])) };
    expect(problemsOf(BoilerplateConfig, { ...none, DATABASE_URL: 'postgres://u:p@db/x' })).toEqual({});
  });

  it('needs the variables of S3 if files are stored there', () => {
    const s3 = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'AWS_DEFAULT_S3_BUCKET', 'AWS_S3_REGION'];
    expect(problemsOf(BoilerplateConfig, { ...SOUND, FILE_DRIVER: 's3-presigned' })).toEqual(
      Object.fromEntries(s3.map((name) => [name, 'is missing'])),
    );
    expect(problemsOf(BoilerplateConfig, { ...SOUND, FILE_DRIVER: 'ftp' })).toMatchObject({
      FILE_DRIVER: 'must be one of local, s3, s3-presigned',
    });
  });

  it('has Facebook, Google and Apple if they are set, and names what is missing of one', () => {
    const none = load(BoilerplateConfig, { ...SOUND, APPLE_APP_AUDIENCE: '' });
    expect([none.facebook, none.google, none.apple]).toEqual([undefined, undefined, undefined]);
    const lines = { ...SOUND, FACEBOOK_APP_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' };
    expect(problemsOf(BoilerplateConfig, lines)).toEqual({
      FACEBOOK_APP_SECRET: 'is missing',
      GOOGLE_CLIENT_ID: 'is missing',
    });
    const both = load(BoilerplateConfig, { ...lines, FACEBOOK_APP_SECRET: 's', GOOGLE_CLIENT_ID: 'i' });
    expect([both.facebook?.appId, both.google?.clientId]).toEqual(['id', 'i']);
  });

  it('shows no secret', () => {
    const more = secretsFor('DATABASE_KEY', 'SECRET_ACCESS_KEY', 'MAIL_PASSWORD');
    const social = secretsFor('FACEBOOK_APP_SECRET', 'GOOGLE_CLIENT_SECRET');
    const ids = { FACEBOOK_APP_ID: 'id', GOOGLE_CLIENT_ID: 'id' };
    const url = 'postgres://u:canary-url-7Hq2Zr9Lw4@db/x';
    const parts = ['HOST', 'PORT', 'USERNAME', 'PASSWORD', 'NAME'].map((name) => [`DATABASE_${name}`, '']);
    const lines = { ...SOUND, ...more, ...social, ...ids, ...Object.fromEntries(parts), DATABASE_URL: url };
    const secrets = [SECRET_KEY, url, 'canary'];
    expectHidden(load(BoilerplateConfig, lines), secrets);
    expectHidden(load(BoilerplateConfig, { ...SOUND, ...secretsFor('DATABASE_PASSWORD') }), secrets);
    const report = reportOf(() =>
      load(BoilerplateConfig, { ...lines, MAIL_HOST: '', AUTH_JWT_SECRET: 'canary' }),
    );
    expect(secrets.filter((secret) => report.includes(secret))).toEqual([]);
  });

  it('reads each of its 52 variables', () => {
    expect(NAMES).toHaveLength(52);
    const aliases = { DATABASE_USER: 'DATABASE_USERNAME' };
    expect(namesOf(load(BoilerplateConfig, SOUND), NAMES, aliases)).toEqual(NAMES.toSorted());
  });
});

describe('the configuration of ghostfolio', () => {
  const FEATURES = words(`
    AUTH_GOOGLE AUTH_OIDC AUTH_TOKEN CRON FEAR_AND_GREED_INDEX GATHER_NEW_EXCHANGE_RATES
    RATE_LIMITING READ_ONLY_MODE STATISTICS SUBSCRIPTION SYSTEM_MESSAGE
  `).map((name) => `ENABLE_FEATURE_${name}`);
  const API_KEYS = words(`
    ALPHA_VANTAGE BETTER_UPTIME COINGECKO_DEMO COINGECKO_PRO EOD_HISTORICAL_DATA
    FINANCIAL_MODELING_PREP OPEN_FIGI RAPID_API
  `).map((name) => `API_KEY_${name}`);
  const TWITTER = words('ACCESS_TOKEN ACCESS_TOKEN_SECRET API_KEY API_SECRET').map(
    (name) => `TWITTER_${name}`,
  );
  const NAMES = [
    ...API_KEYS,
    ...FEATURES,
    ...TWITTER,
    ...words(`
      ACCESS_TOKEN_SALT DATABASE_URL DIRECT_URL JWT_SECRET_KEY LOG_LEVELS CACHE_QUOTES_TTL CACHE_TTL
      HOST PORT MAX_ACTIVITIES_TO_IMPORT MAX_CHART_ITEMS DATA_SOURCE_EXCHANGE_RATES
      DATA_SOURCE_FEAR_AND_GREED_INDEX_STOCKS DATA_SOURCE_IMPORT DATA_SOURCES
      DATA_SOURCES_GHOSTFOLIO_DATA_PROVIDER GOOGLE_CLIENT_ID GOOGLE_SECRET GOOGLE_SHEETS_ACCOUNT
      GOOGLE_SHEETS_ID GOOGLE_SHEETS_PRIVATE_KEY OIDC_AUTHORIZATION_URL OIDC_CALLBACK_URL
      OIDC_CLIENT_ID OIDC_CLIENT_SECRET OIDC_ISSUER OIDC_SCOPE OIDC_TOKEN_URL OIDC_USER_INFO_URL
      PROCESSOR_GATHER_ASSET_PROFILE_CONCURRENCY PROCESSOR_GATHER_HISTORICAL_MARKET_DATA_CONCURRENCY
      PROCESSOR_GATHER_STATISTICS_CONCURRENCY PROCESSOR_PORTFOLIO_SNAPSHOT_COMPUTATION_CONCURRENCY
      PROCESSOR_PORTFOLIO_SNAPSHOT_COMPUTATION_REMOVE_ON_FAIL
      PROCESSOR_PORTFOLIO_SNAPSHOT_COMPUTATION_TIMEOUT REDIS_DB REDIS_HOST REDIS_PASSWORD REDIS_PORT
      REQUEST_TIMEOUT ROOT_URL STRIPE_SECRET_KEY TRUST_PROXY
    `),
  ];

  const EXAMPLE: EnvLines = {
    COMPOSE_PROJECT_NAME: 'example',
    REDIS_HOST: 'cache',
    REDIS_PORT: '6380',
    REDIS_PASSWORD: '<PUT_A_PASSWORD_HERE>',
    POSTGRES_DB: 'example-db',
    POSTGRES_USER: 'owner',
    POSTGRES_PASSWORD: '<PUT_A_PASSWORD_HERE>',
    ACCESS_TOKEN_SALT: '<PUT_A_RANDOM_TEXT_HERE>',
    DATABASE_URL:
      'postgresql://${POSTGRES_USER}:${POSTGRES_PASSWORD}@db:5432/${POSTGRES_DB}?connect_timeout=60',
    JWT_SECRET_KEY: '<PUT_A_RANDOM_TEXT_HERE>',
  };
  const SOUND: EnvLines = {
    ...EXAMPLE,
    ...secretsFor('REDIS_PASSWORD', 'ACCESS_TOKEN_SALT'),
    DATABASE_URL: 'postgresql://owner:canary-url-7Hq2Zr9Lw4@db:5432/example-db?connect_timeout=60',
    JWT_SECRET_KEY: SECRET_KEY,
  };

  it('is refused as its example has it, for its placeholders and for references that nothing replaces', () => {
    expect(problemsOf(GhostfolioConfig, EXAMPLE)).toEqual({
      SECRET_KEY: 'is too short: it must hold at least 32 random bytes',
      ACCESS_TOKEN_SALT: 'must have at least 32 characters',
      DATABASE_URL: 'refers to another variable in line 9, which is not replaced',
    });
  });

  it('has typed values: milliseconds, flags, lists, and a proxy that is a number or a text', () => {
    const usual = load(GhostfolioConfig, SOUND);
    expect(usual).toMatchObject({
      PORT: 3333,
      HOST: '0.0.0.0',
      CACHE_QUOTES_TTL: 60_000,
      REQUEST_TIMEOUT: 3000,
      MAX_ACTIVITIES_TO_IMPORT: Number.MAX_SAFE_INTEGER,
      TRUST_PROXY: '',
      redis: { host: 'cache', port: 6380, db: 0 },
      features: { authToken: true, authOidc: false },
      dataSources: { all: ['COINGECKO', 'MANUAL', 'YAHOO'], import: 'YAHOO', offered: [] },
      oidc: { scope: ['openid'] },
    });
    expect(usual.SECRET_KEY).toBe(SECRET_KEY);

    const set = load(GhostfolioConfig, {
      ...SOUND,
      CACHE_QUOTES_TTL: '5m',
      REQUEST_TIMEOUT: '2500',
      DATA_SOURCES: '["YAHOO","MANUAL"]',
      OIDC_SCOPE: '["openid","email"]',
      LOG_LEVELS: '["error","warn"]',
      ENABLE_FEATURE_CRON: 'false',
    });
    expect(set).toMatchObject({
      CACHE_QUOTES_TTL: 300_000,
      REQUEST_TIMEOUT: 2500,
      LOG_LEVELS: ['error', 'warn'],
      dataSources: { all: ['YAHOO', 'MANUAL'] },
      oidc: { scope: ['openid', 'email'] },
      features: { cron: false },
    });
    const proxies = ['1', 'true', 'false', 'loopback, 10.0.0.0/8'];
    expect(
      proxies.map((value) => load(GhostfolioConfig, { ...SOUND, TRUST_PROXY: value }).TRUST_PROXY),
    ).toEqual([1, true, false, 'loopback, 10.0.0.0/8']);
  });

  it('needs the client of OpenID Connect if that is switched on', () => {
    expect(problemsOf(GhostfolioConfig, { ...SOUND, ENABLE_FEATURE_AUTH_OIDC: 'true' })).toEqual({
      OIDC_CLIENT_ID: 'is missing',
      OIDC_CLIENT_SECRET: 'is missing',
      OIDC_ISSUER: 'is missing',
    });
  });

  it('has Google, its sheets and Twitter if they are set, and names what is missing of one', () => {
    const none = load(GhostfolioConfig, SOUND);
    expect([none.google, none.googleSheets, none.twitter]).toEqual([undefined, undefined, undefined]);
    const some = { GOOGLE_SECRET: 's', GOOGLE_SHEETS_ID: 'i', TWITTER_API_KEY: 'k' };
    expect(Object.keys(problemsOf(GhostfolioConfig, { ...SOUND, ...some })).toSorted()).toEqual([
      'GOOGLE_CLIENT_ID',
      'GOOGLE_SHEETS_ACCOUNT',
      'GOOGLE_SHEETS_PRIVATE_KEY',
      'TWITTER_ACCESS_TOKEN',
      'TWITTER_ACCESS_TOKEN_SECRET',
      'TWITTER_API_SECRET',
    ]);
  });

  it('shows no secret', () => {
    const keys = secretsFor(
      ...API_KEYS,
      ...TWITTER,
      'STRIPE_SECRET_KEY',
      'OIDC_CLIENT_SECRET',
      'GOOGLE_SECRET',
    );
    const direct = 'postgres://owner:canary-direct-7Hq2Zr9Lw4@db/x';
    const lines = { ...SOUND, ...keys, GOOGLE_CLIENT_ID: 'id', DIRECT_URL: direct };
    const secrets = [SECRET_KEY, 'canary'];
    expectHidden(load(GhostfolioConfig, lines), secrets);
    const report = reportOf(() =>
      load(GhostfolioConfig, { ...lines, ACCESS_TOKEN_SALT: 'canary', DIRECT_URL: 'canary', PORT: 'canary' }),
    );
    expect(secrets.filter((secret) => report.includes(secret))).toEqual([]);
  });

  it('reads each of its variables', () => {
    expect(namesOf(load(GhostfolioConfig, SOUND), NAMES, { SECRET_KEY: 'JWT_SECRET_KEY' })).toEqual(
      NAMES.toSorted(),
    );
  });
});

describe('the configuration of docmost', () => {
  const S3 = words('ACCESS_KEY_ID SECRET_ACCESS_KEY REGION BUCKET ENDPOINT FORCE_PATH_STYLE URL').map(
    (name) => `AWS_S3_${name}`,
  );
  const AZURE = words('ACCOUNT_NAME ACCOUNT_KEY CONTAINER ENDPOINT URL').map(
    (name) => `AZURE_STORAGE_${name}`,
  );
  const NAMES = [
    ...S3,
    ...AZURE,
    ...words(`
      NODE_ENV APP_URL PORT HOST APP_SECRET JWT_TOKEN_EXPIRES_IN CLOUD SUBDOMAIN_HOST DATABASE_URL
      DATABASE_MAX_POOL REDIS_URL STORAGE_DRIVER FILE_UPLOAD_SIZE_LIMIT FILE_IMPORT_SIZE_LIMIT
      MAIL_DRIVER MAIL_FROM_ADDRESS MAIL_FROM_NAME MAIL_BLOCKED_RECIPIENT_DOMAINS SMTP_HOST SMTP_PORT
      SMTP_USERNAME SMTP_PASSWORD SMTP_SECURE SMTP_IGNORETLS POSTMARK_TOKEN DRAWIO_URL GOTENBERG_URL
      DISABLE_TELEMETRY POSTHOG_HOST POSTHOG_KEY STRIPE_PUBLISHABLE_KEY STRIPE_SECRET_KEY
      STRIPE_WEBHOOK_SECRET BILLING_TRIAL_DAYS COLLAB_URL COLLAB_PORT COLLAB_DISABLE_REDIS
      COLLAB_SHOW_STATS SEARCH_DRIVER TYPESENSE_URL TYPESENSE_API_KEY TYPESENSE_LOCALE AI_DRIVER
      AI_EMBEDDING_MODEL AI_COMPLETION_MODEL AI_CHAT_MODEL AI_EMBEDDING_DIMENSION
      AI_EMBEDDING_SUPPORTS_MRL AI_VECTOR_DRIVER TURBOPUFFER_API_KEY TURBOPUFFER_REGION
      TURBOPUFFER_BASE_URL TURBOPUFFER_NAMESPACE_PREFIX OPENAI_API_KEY OPENAI_API_URL GEMINI_API_KEY
      OLLAMA_API_URL EVENT_STORE_DRIVER CLICKHOUSE_URL SAML_DISABLE_REQUESTED_AUTHN_CONTEXT
      IFRAME_EMBED_ALLOWED IFRAME_ALLOWED_ORIGINS DEBUG_MODE DEBUG_DB LOG_HTTP
    `),
  ];

  const EXAMPLE: EnvLines = {
    APP_URL: 'http://localhost:3100',
    PORT: '3100',
    APP_SECRET: 'PUT_A_LONG_SECRET_HERE',
    JWT_TOKEN_EXPIRES_IN: '45d',
    DATABASE_URL: '"postgresql://owner:canary-url-7Hq2Zr9Lw4@localhost:5432/example?schema=public"',
    REDIS_URL: 'redis://127.0.0.1:6380',
    STORAGE_DRIVER: 'local',
    AWS_S3_ACCESS_KEY_ID: '',
    AWS_S3_SECRET_ACCESS_KEY: '',
    AWS_S3_REGION: '',
    AWS_S3_BUCKET: '',
    AWS_S3_ENDPOINT: '',
    AWS_S3_FORCE_PATH_STYLE: '',
    AZURE_STORAGE_ACCOUNT_NAME: '',
    AZURE_STORAGE_ACCOUNT_KEY: '',
    AZURE_STORAGE_CONTAINER: '',
    FILE_UPLOAD_SIZE_LIMIT: '',
    MAIL_DRIVER: 'smtp',
    MAIL_FROM_ADDRESS: 'robot@mail.example',
    MAIL_FROM_NAME: 'Robot',
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: '587',
    SMTP_USERNAME: '',
    SMTP_PASSWORD: '',
    SMTP_SECURE: 'false',
    SMTP_IGNORETLS: 'false',
    POSTMARK_TOKEN: '',
    DRAWIO_URL: '',
    GOTENBERG_URL: '',
    DISABLE_TELEMETRY: 'false',
    IFRAME_EMBED_ALLOWED: 'false',
    IFRAME_ALLOWED_ORIGINS: '',
    DEBUG_MODE: 'false',
    DEBUG_DB: 'false',
    LOG_HTTP: 'false',
  };
  const SOUND: EnvLines = { ...EXAMPLE, APP_SECRET: SECRET_KEY };

  it('is refused as its example has it, for the placeholder of its secret alone', () => {
    expect(problemsOf(DocmostConfig, EXAMPLE)).toEqual({
      SECRET_KEY: 'is too short: it must hold at least 32 random bytes',
    });
  });

  it('has typed values: seconds, bytes, flags and lists', () => {
    expect(load(DocmostConfig, SOUND)).toMatchObject({
      PORT: 3100,
      JWT_TOKEN_EXPIRES_IN: 45 * 24 * 3600,
      origin: 'http://localhost:3100',
      file: { uploadSizeLimit: 50 * 2 ** 20, importSizeLimit: 200 * 2 ** 20 },
      smtp: { host: '127.0.0.1', port: 587, secure: false, ignoreTls: false },
      iframe: { embedAllowed: false, allowedOrigins: [] },
      typesense: { url: 'http://localhost:8108', locale: 'en' },
    });
    const set = load(DocmostConfig, {
      ...SOUND,
      FILE_UPLOAD_SIZE_LIMIT: '75mb',
      IFRAME_ALLOWED_ORIGINS: 'https://a.example, https://b.example',
      MAIL_BLOCKED_RECIPIENT_DOMAINS: 'A.example,b.example',
      SEARCH_DRIVER: 'Database',
      AI_DRIVER: 'ollama',
      AI_COMPLETION_MODEL: 'model',
      AI_EMBEDDING_DIMENSION: '1024',
      AI_EMBEDDING_SUPPORTS_MRL: 'true',
      DATABASE_MAX_POOL: '7',
    });
    expect(set).toMatchObject({
      DATABASE_POOL_MAX: 7,
      file: { uploadSizeLimit: 75 * 2 ** 20 },
      iframe: { allowedOrigins: ['https://a.example', 'https://b.example'] },
      mail: { blockedRecipientDomains: ['a.example', 'b.example'] },
      search: { driver: 'database' },
      ai: { chatModel: 'model', embeddingDimension: 1024, embeddingSupportsMrl: true },
    });
    expect(set.getDatabaseConfig().max).toBe(7);
  });

  it('has S3, Azure, Stripe and PostHog if they are set, and names what is missing of one', () => {
    const { s3, azure, stripe, posthog } = load(DocmostConfig, SOUND);
    expect([s3, azure, stripe, posthog]).toEqual([undefined, undefined, undefined, undefined]);
    const some = { AWS_S3_BUCKET: 'b', AZURE_STORAGE_CONTAINER: 'c', POSTHOG_KEY: 'k' };
    expect(Object.keys(problemsOf(DocmostConfig, { ...SOUND, ...some })).toSorted()).toEqual([
      'AWS_S3_ACCESS_KEY_ID',
      'AWS_S3_REGION',
      'AWS_S3_SECRET_ACCESS_KEY',
      'AZURE_STORAGE_ACCOUNT_KEY',
      'AZURE_STORAGE_ACCOUNT_NAME',
      'POSTHOG_HOST',
    ]);
    const all = {
      ACCESS_KEY_ID: 'i',
      SECRET_ACCESS_KEY: 's',
      REGION: 'r',
      BUCKET: 'b',
      FORCE_PATH_STYLE: 'true',
    };
    const lines = Object.fromEntries(Object.entries(all).map(([name, value]) => [`AWS_S3_${name}`, value]));
    expect(load(DocmostConfig, { ...SOUND, ...lines, STORAGE_DRIVER: 's3' }).s3).toMatchObject({
      bucket: 'b',
      forcePathStyle: true,
      endpoint: undefined,
    });
  });

  it('is refused if its driver needs what is not set', () => {
    const problems = (lines: EnvLines) => problemsOf(DocmostConfig, { ...SOUND, ...lines });
    expect(problems({ STORAGE_DRIVER: 's3' })).toEqual({ STORAGE_DRIVER: 'must be one of local' });
    expect(problems({ MAIL_DRIVER: 'postmark' })).toEqual({ POSTMARK_TOKEN: 'is missing' });
    expect(problems({ SEARCH_DRIVER: 'typesense' })).toEqual({ TYPESENSE_API_KEY: 'is missing' });
    expect(problems({ EVENT_STORE_DRIVER: 'clickhouse' })).toEqual({ CLICKHOUSE_URL: 'is missing' });
    expect(problems({ AI_DRIVER: 'gemini' })).toEqual({
      GEMINI_API_KEY: 'is missing',
      AI_COMPLETION_MODEL: 'is missing',
    });
    expect(problems({ AI_VECTOR_DRIVER: 'turbopuffer' })).toEqual({
      TURBOPUFFER_API_KEY: 'is missing',
      TURBOPUFFER_REGION: 'is missing',
    });
    const base = { TURBOPUFFER_BASE_URL: 'https://t.example', TURBOPUFFER_API_KEY: 'k' };
    expect(problems({ AI_VECTOR_DRIVER: 'turbopuffer', ...base })).toEqual({});
    expect(problems({ CLOUD: 'true' })).toEqual({ SUBDOMAIN_HOST: 'is missing' });
  });

  it('shows no secret', () => {
    const keys = secretsFor(
      'AWS_S3_SECRET_ACCESS_KEY',
      'AZURE_STORAGE_ACCOUNT_KEY',
      'SMTP_PASSWORD',
      'POSTMARK_TOKEN',
      'STRIPE_SECRET_KEY',
      'STRIPE_WEBHOOK_SECRET',
      'TYPESENSE_API_KEY',
      'TURBOPUFFER_API_KEY',
      'OPENAI_API_KEY',
      'GEMINI_API_KEY',
    );
    const ids = {
      AWS_S3_ACCESS_KEY_ID: 'i',
      AWS_S3_REGION: 'r',
      AWS_S3_BUCKET: 'b',
      STRIPE_PUBLISHABLE_KEY: 'p',
      AZURE_STORAGE_ACCOUNT_NAME: 'n',
      AZURE_STORAGE_CONTAINER: 'c',
    };
    const urls = {
      REDIS_URL: 'rediss://:canary-redis-7Hq2Zr9Lw4@cache:6379',
      CLICKHOUSE_URL: 'http://u:canary-clicks-7Hq2Zr9Lw4@clicks:8123/x',
    };
    const lines = { ...SOUND, ...keys, ...ids, ...urls };
    const secrets = [SECRET_KEY, 'canary'];
    expectHidden(load(DocmostConfig, lines), secrets);
    const report = reportOf(() =>
      load(DocmostConfig, {
        ...lines,
        APP_SECRET: 'canary',
        REDIS_URL: 'http://canary',
        SMTP_PORT: 'canary',
      }),
    );
    expect(secrets.filter((secret) => report.includes(secret))).toEqual([]);
  });

  it('reads each of its variables', () => {
    const aliases = { SECRET_KEY: 'APP_SECRET', DATABASE_POOL_MAX: 'DATABASE_MAX_POOL' };
    expect(namesOf(load(DocmostConfig, SOUND), NAMES, aliases)).toEqual(NAMES.toSorted());
  });
});
