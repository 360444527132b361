import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  ConfigError,
  ConfigGroup,
  DevelopmentConfig,
  Env,
  Group,
  ProductionConfig,
  Secret,
  oneOf,
  type ConfigClass,
  type Environment,
} from 'nestjs-production-config';
import { shapeOf } from '../src/config/index.js';
import { renderEnvExample } from '../src/cli/env-example.text.js';
import { SECRET_KEY } from './support/keys.js';

class RegionConfig extends ConfigGroup {
  @Env(Joi.string())
  readonly name!: string;
}

class S3Config extends ConfigGroup {
  @Env(Joi.string(), { about: 'Where files are stored' })
  readonly bucket!: string;

  @Env(oneOf('public', 'signed').default('signed'))
  readonly urls!: 'public' | 'signed';

  @Secret(Joi.string(), {
    requiredWhen: (s3: S3Config) => s3.urls === 'signed',
    because: "S3_URLS is 'signed'",
  })
  readonly signingKey?: string;

  @Group(RegionConfig, {
    requiredWhen: (s3: S3Config) => s3.bucket.startsWith('eu-'),
    because: 'S3_BUCKET begins with eu-',
  })
  readonly region?: RegionConfig;
}

class TracingConfig extends ConfigGroup {
  @Env(Joi.number().default(0.1))
  readonly ratio!: number;
}

class AppConfig extends ProductionConfig {
  @Env(oneOf('log', 'smtp', 'api').default('log'))
  readonly MAIL_DRIVER!: 'log' | 'smtp' | 'api';

  @Secret(Joi.string().min(12), {
    about: 'The password of the SMTP account',
    requiredWhen: (config: AppConfig) => config.sendsMail,
    because: "MAIL_DRIVER is not 'log'",
  })
  readonly MAIL_PASSWORD?: string;

  @Env(oneOf('disk', 's3').default('disk'))
  readonly FILES!: 'disk' | 's3';

  @Group(S3Config, { requiredWhen: (config: AppConfig) => config.FILES === 's3', because: "FILES is 's3'" })
  readonly s3?: S3Config;

  @Env(Joi.boolean().default(false))
  readonly TRACED!: boolean;

  @Group(TracingConfig, { requiredWhen: (config: AppConfig) => config.TRACED, because: 'TRACED is true' })
  readonly tracing?: TracingConfig;

  @Env({ requiredWhen: (config: AppConfig) => config.TRACED, because: 'TRACED is true' })
  declare readonly REPLICAS?: number;

  get sendsMail(): boolean {
    return this.MAIL_DRIVER !== 'log';
  }
}

const load = (env: Environment = {}) => AppConfig.load({ SECRET_KEY, CACHE_NAMESPACE: 'shop', ...env });
/** The error of a rejected environment. */
function rejected(read: () => unknown): ConfigError {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was rejected');
}

const problemsOf = (env: Environment, type: ConfigClass & { load(env: Environment): object } = AppConfig) =>
  rejected(() => type.load({ SECRET_KEY, ...env })).problems.map(({ name, message }) => `${name} ${message}`);

describe('a setting with requiredWhen', () => {
  it('is undefined if its condition does not hold, and required otherwise', () => {
    expect(load().MAIL_PASSWORD).toBeUndefined();
    expect(load({ MAIL_DRIVER: 'smtp', MAIL_PASSWORD: 'correct-horse' }).MAIL_PASSWORD).toBe('correct-horse');
    const { problems } = rejected(() => load({ MAIL_DRIVER: 'smtp' }));
    expect(problems).toEqual([
      {
        name: 'MAIL_PASSWORD',
        code: 'missing',
        message: "is missing; required because MAIL_DRIVER is not 'log'",
        about: 'The password of the SMTP account',
        fix: 'set MAIL_PASSWORD, or MAIL_PASSWORD_FILE to a mounted secret',
      },
    ]);
  });

  it('counts a blank as missing', () => {
    expect(problemsOf({ MAIL_DRIVER: 'smtp', MAIL_PASSWORD: ' ' })).toHaveLength(1);
  });

  it('has only the problem of its value if the value is rejected', () => {
    expect(problemsOf({ MAIL_DRIVER: 'smtp', MAIL_PASSWORD: 'short' })).toEqual([
      expect.stringMatching(/^MAIL_PASSWORD must .*12/),
    ]);
  });

  it('is not required by a value that is itself rejected', () => {
    expect(problemsOf({ MAIL_DRIVER: 'pigeon', FILES: 'tape' })).toEqual([
      expect.stringMatching(/^MAIL_DRIVER must be one of/),
      expect.stringMatching(/^FILES must be one of/),
    ]);
  });

  it('may be inherited, and keeps its rule', () => {
    expect(problemsOf({ TRACED: 'yes' })).toEqual(['REPLICAS is missing; required because TRACED is true']);
    expect(load({ TRACED: 'yes', REPLICAS: '3' }).REPLICAS).toBe(3);
  });

  it('is part of the report beside every other problem', () => {
    expect(
      problemsOf({ MAIL_DRIVER: 'api', TRACED: 'yes', PORT: 'x' }).map((text) => text.split(' ')[0]),
    ).toEqual(['PORT', 'REPLICAS', 'MAIL_PASSWORD']);
  });

  it('names the misspelt variable', () => {
    expect(problemsOf({ MAIL_DRIVER: 'smtp', MAIL_PASWORD: 'correct-horse' })).toEqual([
      'MAIL_PASSWORD is missing; MAIL_PASWORD is set: did you mean MAIL_PASSWORD?',
    ]);
  });
});

describe('a group with requiredWhen', () => {
  it('is absent if its condition does not hold, and complete otherwise', () => {
    expect(load().s3).toBeUndefined();
    expect(problemsOf({ FILES: 's3', S3_URLS: 'public' })).toEqual([
      "S3_BUCKET is missing; required because FILES is 's3'",
    ]);
    expect(problemsOf({ FILES: 's3' })).toEqual([
      "S3_BUCKET is missing; required because FILES is 's3'",
      "S3_SIGNING_KEY is missing; required because S3_URLS is 'signed'",
    ]);
    const { s3 } = load({ FILES: 's3', S3_BUCKET: 'files', S3_URLS: 'public' });
    expect(s3).toMatchObject({ bucket: 'files', urls: 'public' });
  });

  it('is present with its defaults if none of its variables is set', () => {
    expect(load().tracing).toBeUndefined();
    const { tracing } = load({ TRACED: 'yes', REPLICAS: '2' });
    expect(tracing).toMatchObject({ ratio: 0.1 });
    expect(tracing).toBeInstanceOf(TracingConfig);
  });

  it('has conditions of its own, which get the group', () => {
    expect(problemsOf({ S3_BUCKET: 'files' })).toEqual([
      "S3_SIGNING_KEY is missing; required because S3_URLS is 'signed'",
    ]);
    expect(problemsOf({ S3_BUCKET: 'eu-files', S3_URLS: 'public' })).toEqual([
      'S3_REGION_NAME is missing; required because S3_BUCKET begins with eu-',
    ]);
  });

  it('is not advised to be left out', () => {
    const { report } = rejected(() => load({ FILES: 's3', S3_URLS: 'public' }));
    expect(report).not.toContain('do without');
  });
});

describe('pick()', () => {
  it('reads the settings that a condition refers to, and no other', () => {
    const picked = AppConfig.pick('MAIL_PASSWORD');
    expect(picked.load({}).MAIL_PASSWORD).toBeUndefined();
    const { problems } = rejected(() => picked.load({ MAIL_DRIVER: 'smtp', PORT: 'x' }));
    expect(problems.map(({ name }) => name)).toEqual(['MAIL_PASSWORD']);
    const { problems: refused } = rejected(() => picked.load({ MAIL_DRIVER: 'pigeon' }));
    expect(refused.map(({ name }) => name)).toEqual(['MAIL_DRIVER']);
  });

  it('reads a group with its condition', () => {
    const picked = AppConfig.pick('s3');
    expect(picked.load({}).s3).toBeUndefined();
    const { problems } = rejected(() => picked.load({ FILES: 's3', S3_URLS: 'public' }));
    expect(problems.map(({ name }) => name)).toEqual(['S3_BUCKET']);
  });
});

describe('.env.example', () => {
  it('states the conditions', () => {
    const text = renderEnvExample('AppConfig', shapeOf(AppConfig));
    expect(text).toContain("# secret; required when MAIL_DRIVER is not 'log'");
    expect(text).toContain("# ---- s3 (optional: unset, or complete; required when FILES is 's3') ----");
  });
});

describe('a faulty condition', () => {
  const definition = (type: ConfigClass & { load(env: Environment): object }) => () =>
    type.load({ SECRET_KEY });

  it('that throws is a definition error without its message, which may contain a value', () => {
    class Config extends ProductionConfig {
      @Env(Joi.string(), {
        requiredWhen: (config: Config) => {
          throw new Error(config.SECRET_KEY);
        },
        because: 'it must',
      })
      readonly X?: string;
    }
    const error = (() => {
      try {
        return definition(Config)();
      } catch (thrown) {
        return thrown as Error;
      }
    })();
    expect(error).toBeInstanceOf(ConfigDefinitionError);
    expect((error as Error).message).toBe('Config.X: its requiredWhen threw Error');
    expect((error as Error).cause).toBeUndefined();
  });

  it('that returns no boolean is a definition error', () => {
    class Config extends ProductionConfig {
      @Env(Joi.string(), { requiredWhen: (async () => true) as never, because: 'it must' })
      readonly X?: string;
    }
    expect(definition(Config)).toThrow('Config.X: its requiredWhen must return true or false');
  });

  it('of a setting that has a default or is always required is a definition error', () => {
    class WithDefault extends ProductionConfig {
      @Env(Joi.string().default('a'), { requiredWhen: () => true, because: 'it must' })
      readonly X?: string;
    }
    class Required extends ProductionConfig {
      @Secret({ requiredWhen: () => true, because: 'it must' })
      declare readonly SECRET_KEY: string;
    }
    class RequiredGroup extends ProductionConfig {
      @Group(TracingConfig, { optional: false, requiredWhen: () => true, because: 'it must' })
      readonly tracing?: TracingConfig;
    }
    for (const type of [WithDefault, Required, RequiredGroup]) {
      expect(definition(type)).toThrow(
        'requiredWhen needs a setting or group that is optional and has no default',
      );
    }
  });
});

describe('a condition', () => {
  class MirrorConfig extends ConfigGroup {
    @Env(Joi.string())
    readonly path!: string;
  }

  class Config extends ProductionConfig {
    @Env(Joi.boolean().default(false))
    readonly TRACED!: boolean;

    @Group(TracingConfig, { requiredWhen: (config: Config) => config.TRACED, because: 'TRACED is true' })
    readonly tracing?: TracingConfig;

    @Group(MirrorConfig, {
      requiredWhen: (config: Config) => config.tracing === undefined,
      because: 'there is no tracing',
    })
    readonly mirror?: MirrorConfig;

    @Env(Joi.array<readonly string[]>().items(Joi.string()).default(['b', 'a']))
    readonly HOSTS!: readonly string[];

    @Env(Joi.string(), { requiredWhen: ({ ...copy }: Config) => copy.TRACED, because: 'TRACED\nis true' })
    readonly LEVEL?: string;
  }

  it('sees a group that another condition requires', () => {
    const { mirror, tracing } = Config.load({ SECRET_KEY, TRACED: 'yes', LEVEL: 'a' });
    expect([mirror, tracing?.ratio]).toEqual([undefined, 0.1]);
    expect(problemsOf({}, Config)).toEqual(['MIRROR_PATH is missing; required because there is no tracing']);
  });

  it('can spread the configuration, and its reason is one line', () => {
    expect(problemsOf({ TRACED: 'yes' }, Config)).toEqual([
      'LEVEL is missing; required because TRACED is true',
    ]);
  });

  it('cannot change a value', () => {
    class Changing extends Config {
      @Env(Joi.string(), {
        requiredWhen: (config: Changing) => (config.HOSTS as string[]).push('c') > 2,
        because: 'it sorts',
      })
      readonly X?: string;
    }
    const env = { SECRET_KEY, MIRROR_PATH: '/m' };
    expect(() => Changing.load(env)).toThrow('Changing.X: its requiredWhen threw TypeError');
    expect(Config.load(env).HOSTS).toEqual(['b', 'a']);
  });

  it('of the class of an environment has the methods of that class', () => {
    class Development extends DevelopmentConfig {
      @Env(Joi.string().default('smtp'))
      readonly MAIL_DRIVER!: string;

      @Env(Joi.string(), {
        requiredWhen: (config: Development) => config.sendsMail,
        because: 'it sends mail',
      })
      readonly MAIL_HOST?: string;

      get sendsMail(): boolean {
        return this.MAIL_DRIVER === 'smtp';
      }
    }
    class Service extends ProductionConfig {
      static override readonly environments = { development: Development };

      @Env(Joi.string().default('log'))
      readonly MAIL_DRIVER!: string;

      @Env(Joi.string().optional())
      readonly MAIL_HOST?: string;
    }
    expect(Service.load({ SECRET_KEY }).MAIL_HOST).toBeUndefined();
    expect(problemsOf({ NODE_ENV: 'development' }, Service)).toEqual([
      'MAIL_HOST is missing; required because it sends mail',
    ]);
  });

  it('may refer to a setting whose condition refers back', () => {
    class Circle extends ProductionConfig {
      @Env(Joi.string(), { requiredWhen: (config: Circle) => config.B === undefined, because: 'B is unset' })
      readonly A?: string;

      @Env(Joi.string(), { requiredWhen: (config: Circle) => config.A === undefined, because: 'A is unset' })
      readonly B?: string;
    }
    expect(Circle.load({ SECRET_KEY, A: 'a' }).B).toBeUndefined();
  });

  it('without a reason is a definition error', () => {
    expect(() => (Env(Joi.string(), { requiredWhen: () => true } as never) as Function)({}, 'X')).toThrow(
      'requiredWhen and because need each other',
    );
  });
});
