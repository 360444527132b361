import { Controller, Get, Inject, Injectable, Module, Optional } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  ConfigGroup,
  databaseUrl,
  DevelopmentConfig,
  Env,
  Group,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
  duration,
  type ConfigClass,
  type Environment,
} from 'nestjs-production-config';
import { loadConfig, shapeOf, stateOf } from '../src/config/index.js';
import { renderEnvExample } from '../src/cli/env-example.text.js';
import { SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';

const MAIL_PASSWORD = 'canary-mail-0123456789';
const BULK_PASSWORD = 'canary-bulk-0123456789';

class TlsConfig extends ConfigGroup {
  @Env(Joi.boolean().default(true))
  readonly rejectUnauthorized!: boolean;

  @Env(Joi.number().max(Joi.ref('/MAX_PAGE_SIZE')).default(1))
  readonly depth!: number;
}

class MailConfig extends ConfigGroup {
  @Env(Joi.string().hostname(), { about: 'The SMTP server' })
  readonly host!: string;

  @Env(Joi.number().port().default(587))
  readonly port!: number;

  @Env(Joi.number().min(Joi.ref('port')).default(Joi.ref('port')))
  readonly lastPort!: number;

  @Env(Joi.number().max(Joi.ref('...PAGE_SIZE')).default(Joi.ref('...PAGE_SIZE')))
  readonly batch!: number;

  @Secret(Joi.string())
  readonly password!: string;

  @Env(Joi.array<readonly string[]>().items(Joi.string()).default([]))
  readonly copyTo!: readonly string[];

  @Group(TlsConfig)
  readonly tls!: TlsConfig;

  get url(): string {
    return `smtp://user:${this.password}@${this.host}:${this.port}`;
  }
}

class S3Config extends ConfigGroup {
  @Env(Joi.string())
  readonly bucket!: string;

  @Env(Joi.string().default('eu-west-1'), {
    warn: (region) => (region === undefined ? 'is unset' : undefined),
  })
  readonly region!: string;

  @Secret(Joi.string())
  readonly secretAccessKey!: string;
}

class AppConfig extends ProductionConfig {
  static override readonly environments = { development: DevelopmentConfig };

  @Group(MailConfig, { about: 'Mail that customers wait for' })
  readonly mail!: MailConfig;

  @Group(MailConfig)
  readonly bulkMail!: MailConfig;

  @Group(S3Config, { prefix: 'S3_', optional: true })
  readonly files?: S3Config;

  @Env(Joi.string().when('files', { is: Joi.exist(), then: Joi.required(), otherwise: Joi.optional() }))
  readonly CDN?: string;
}

class LocalMailConfig extends ConfigGroup {
  @Env(Joi.string().default('localhost'))
  readonly host!: string;
}

/** The class of an environment that relaxes the group `mail`. */
class LocalConfig extends DevelopmentConfig {
  @Group(LocalMailConfig)
  readonly mail!: LocalMailConfig;
}

const ENV: Environment = {
  NODE_ENV: 'production',
  SECRET_KEY,
  MAIL_HOST: 'mail.example',
  MAIL_PASSWORD,
  BULK_MAIL_HOST: 'bulk.example',
  BULK_MAIL_PORT: '2525',
  BULK_MAIL_PASSWORD: BULK_PASSWORD,
  BULK_MAIL_TLS_DEPTH: '3',
};

const S3 = { S3_BUCKET: 'bucket', S3_SECRET_ACCESS_KEY: 'canary-s3-0123456789', CDN: 'cdn.example' };

describe('a group', () => {
  it('reads variables with its prefix and the names of its fields in SNAKE_CASE', () => {
    const { mail, bulkMail } = AppConfig.load(ENV);
    expect({ ...mail, password: mail.password }).toMatchObject({
      host: 'mail.example',
      port: 587,
      lastPort: 587,
      batch: 100,
      copyTo: [],
      password: MAIL_PASSWORD,
    });
    expect([bulkMail.host, bulkMail.port, bulkMail.lastPort, bulkMail.tls.depth]).toEqual([
      'bulk.example',
      2525,
      2525,
      3,
    ]);
    expect(mail).toBeInstanceOf(MailConfig);
    expect(mail.url).toBe(`smtp://user:${MAIL_PASSWORD}@mail.example:587`);
  });

  it('is frozen with everything in it', () => {
    const { mail } = AppConfig.load({ ...ENV, MAIL_COPY_TO: 'a@b.example,c@d.example' });
    expect([mail, mail.tls, mail.copyTo].every(Object.isFrozen)).toBe(true);
    expect(() => Object.assign(mail, { host: 'other' })).toThrow(TypeError);
  });

  it('reports each problem by the name of its variable', () => {
    const report = reportOf(() =>
      AppConfig.load({
        ...ENV,
        MAIL_HOST: '',
        MAIL_PORT: '99999',
        BULK_MAIL_LAST_PORT: '25',
        BULK_MAIL_BATCH: '101',
        BULK_MAIL_TLS_DEPTH: '500',
        MAIL_TLS_REJECT_UNAUTHORIZED: 'perhaps',
      }),
    );
    expect(report).toContain('6 problems (AppConfig)');
    expect(report).toMatch(/MAIL_HOST +is missing/);
    expect(report).toMatch(/-> set MAIL_HOST/);
    expect(report).toMatch(/MAIL_PORT +must be a port, from 0 to 65535/);
    expect(report).toMatch(/BULK_MAIL_LAST_PORT +must be a number, at least BULK_MAIL_PORT/);
    expect(report).toMatch(/BULK_MAIL_BATCH +must be a number, at most PAGE_SIZE/);
    expect(report).toMatch(/BULK_MAIL_TLS_DEPTH +must be a number, at most MAX_PAGE_SIZE/);
    expect(report).toMatch(/MAIL_TLS_REJECT_UNAUTHORIZED +must be true or false/);
  });

  it('that is optional is absent if none of its variables is set, and otherwise complete', () => {
    expect(AppConfig.load(ENV).files).toBeUndefined();
    expect(AppConfig.load({ ...ENV, S3_BUCKET: ' ' }).files).toBeUndefined();
    expect(AppConfig.load({ ...ENV, ...S3 }).files).toMatchObject({ bucket: 'bucket', region: 'eu-west-1' });
    const report = reportOf(() => AppConfig.load({ ...ENV, S3_REGION: 'us-east-1' }));
    expect(report).toContain('3 problems');
    expect(report).toMatch(/S3_BUCKET +is missing/);
    expect(report).toContain('set S3_BUCKET; or unset S3_REGION to do without files');
    expect(report).toMatch(/S3_SECRET_ACCESS_KEY +is missing/);
    expect(report).toMatch(/CDN +is missing/);
  });

  it('that is absent shows no default, and does not warn', () => {
    const shown = AppConfig.load(ENV).explain();
    expect(shown.find(({ name }) => name === 'S3_REGION')).toMatchObject({ origin: 'unset' });
  });

  it('that is optional is named if its only variable is misspelt', async () => {
    const lines: string[] = [];
    const app = await Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ config: AppConfig, env: { ...ENV, S3_BUKCET: 'b' } })],
    })
      .setLogger({ log: () => {}, error: () => {}, warn: (line: string) => lines.push(line) })
      .compile();
    await app.init();
    await app.close();
    expect(lines.join('\n')).toContain('S3_BUKCET is set but nothing reads it: did you mean S3_BUCKET?');
  });

  it('shows no secret in JSON, inspect, explain(), spreads or entries', () => {
    const config = AppConfig.load({ ...ENV, ...S3 });
    const texts = [config, config.mail, config.files].flatMap((value) => [
      JSON.stringify(value),
      inspect(value, { depth: 9 }),
      inspect(value, { depth: 9, showHidden: true, getters: true }),
      inspect(value, { depth: 9, customInspect: false }),
      JSON.stringify({ ...value }),
      JSON.stringify(Object.entries(value!)),
    ]);
    for (const text of [...texts, JSON.stringify(config.explain())]) expect(text).not.toContain('canary');
    expect(JSON.parse(JSON.stringify(config))).toMatchObject({
      PORT: 3000,
      mail: { host: 'mail.example', password: '[redacted]', tls: { depth: 1 } },
    });
    expect(inspect(config.mail)).toContain('MailConfig {');
  });

  it('is explained by the names of its variables', () => {
    const names = AppConfig.load(ENV)
      .explain()
      .map(({ name, origin }) => [name, origin]);
    expect(names).toContainEqual(['MAIL_HOST', 'environment']);
    expect(names).toContainEqual(['BULK_MAIL_TLS_REJECT_UNAUTHORIZED', 'default']);
  });

  it('takes secrets from files', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'groups-')), 'password');
    writeFileSync(path, 'from a file\n');
    const env = { ...ENV, MAIL_PASSWORD: undefined, MAIL_PASSWORD_FILE: path };
    expect(AppConfig.load(env).mail.password).toBe('from a file');
    expect(AppConfig.load(ENV, { secretsDir: dirname(path) }).mail.password).toBe(MAIL_PASSWORD);
  });

  it('is relaxed or replaced by the class of the environment', () => {
    class Strict extends ConfigGroup {
      @Env(Joi.string())
      readonly host!: string;

      get name() {
        return `host ${this.host}`;
      }
    }
    class Config extends ProductionConfig {
      static override readonly environments = { development: LocalConfig };

      @Group(Strict)
      readonly mail!: Strict;
    }
    expect(Config.load({ NODE_ENV: 'development' }).mail.name).toBe('host localhost');
    expect(() => Config.load({ NODE_ENV: 'production', SECRET_KEY })).toThrow('MAIL_HOST');
  });

  it('is replaced by a subclass', () => {
    class OwnMail extends MailConfig {
      @Env(Joi.string().default('hello'))
      readonly greeting!: string;
    }
    class Config extends AppConfig {
      @Group(OwnMail)
      declare readonly mail: OwnMail;
    }
    expect(Config.load(ENV).mail).toMatchObject({ greeting: 'hello', host: 'mail.example' });
  });

  it('may be referred to from the root by other groups, wherever it is declared', () => {
    class Queue extends ConfigGroup {
      @Env(Joi.number().default(Joi.ref('/smtp.port')))
      readonly port!: number;

      @Env(Joi.number().min(Joi.ref('/smtp.port')).default(99_999))
      readonly highest!: number;
    }
    class Smtp extends ConfigGroup {
      @Env(Joi.number().default(587))
      readonly port!: number;
    }
    class Config extends ProductionConfig {
      @Group(Queue)
      readonly queue!: Queue;

      @Group(Smtp)
      readonly smtp!: Smtp;
    }
    expect(Config.load({ SECRET_KEY }).queue.port).toBe(587);
    expect(Config.load({ SECRET_KEY, SMTP_PORT: '25', QUEUE_HIGHEST: '30' }).queue).toMatchObject({
      port: 25,
      highest: 30,
    });
  });

  it('is named in the report by the setting beside a list, not by one of the same name outside', () => {
    class Paged extends ConfigGroup {
      @Env(Joi.number().default(5))
      readonly PAGE_SIZE!: number;

      @Env(
        Joi.array<readonly number[]>()
          .items(Joi.number().max(Joi.ref('...PAGE_SIZE')))
          .default([]),
      )
      readonly sizes!: readonly number[];
    }
    class Config extends ProductionConfig {
      @Group(Paged)
      readonly g!: Paged;
    }
    expect(reportOf(() => Config.load({ SECRET_KEY, G_SIZES: '9' }))).toContain('at most G_PAGE_SIZE');
  });

  it('keeps its names under the class of the environment', () => {
    class Strict extends ConfigGroup {
      @Env(Joi.string(), { alias: ['MAIL_SERVER'] })
      readonly host!: string;
    }
    class Config extends ProductionConfig {
      static override readonly environments = { development: LocalConfig };

      @Group(Strict, { prefix: 'SMTP_' })
      readonly mail!: Strict;

      @Secret({ alias: ['APP_KEY'] })
      declare readonly SECRET_KEY: string;
    }
    const load = (env: Environment) => Config.load({ NODE_ENV: 'development', ...env });
    expect(load({ SMTP_HOST: 'a' }).mail.host).toBe('a');
    expect(load({ MAIL_SERVER: 'b' }).mail.host).toBe('b');
    expect(load({ APP_KEY: 'c' }).SECRET_KEY).toBe('c');
  });

  it('has secrets that are shared with one of its fields, under any prefix', () => {
    class Signing extends ConfigGroup {
      @Secret(Joi.string(), { distinct: true })
      readonly key!: string;

      @Secret(Joi.string(), { sharedWith: ['key'] })
      readonly oldKey!: string;
    }
    class Config extends ProductionConfig {
      @Group(Signing)
      readonly hooks!: Signing;
    }
    const env = { SECRET_KEY, HOOKS_KEY: 'one', HOOKS_OLD_KEY: 'one' };
    expect(Config.load(env).hooks.oldKey).toBe('one');
  });

  it('does not show what a rule throws', () => {
    class Throwing extends ConfigGroup {
      @Env(
        Joi.string().custom(() => {
          throw new Error('canary');
        }),
      )
      readonly x!: string;
    }
    class Config extends ProductionConfig {
      @Group(Throwing)
      readonly t!: Throwing;
    }
    expect(reportOf(() => Config.load({ SECRET_KEY, T_X: 'canary' }))).not.toContain('canary');
  });
});

describe('a name', () => {
  class Renamed extends ConfigGroup {
    @Env(Joi.string(), { name: 'SMTP_HOST' })
    readonly host!: string;

    @Env(Joi.number().min(Joi.ref('tls1Port')).optional())
    readonly s3URLPort?: number;

    @Env(Joi.number().default(1))
    readonly tls1Port!: number;
  }
  class Config extends ProductionConfig {
    @Group(Renamed, { prefix: '' })
    readonly mail!: Renamed;

    @Secret(Joi.string().optional(), { alias: ['STRIPE_SECRET', 'STRIPE_API_KEY'] })
    readonly STRIPE_KEY?: string;

    @Env({ alias: ['APP_PORT'] })
    declare readonly PORT: number;

    @Secret({ alias: ['APP_KEY'] })
    declare readonly SECRET_KEY: string;
  }
  const load = (env: Environment) =>
    Config.load({ NODE_ENV: 'production', SECRET_KEY, SMTP_HOST: 'a', ...env });

  it('of its own is the whole name of the variable', () => {
    expect(load({ S3_URL_PORT: '5' }).mail).toMatchObject({ host: 'a', s3URLPort: 5 });
    expect(reportOf(() => load({ S3_URL_PORT: '0' }))).toMatch(/S3_URL_PORT +must be .* at least TLS1_PORT/);
  });

  it('may be an alias, also of an inherited setting, whose rule stays', () => {
    const config = load({ APP_PORT: '4000', STRIPE_API_KEY: 'stripe' });
    expect([config.PORT, config.STRIPE_KEY]).toEqual([4000, 'stripe']);
    expect(config.explain().find(({ name }) => name === 'PORT')).toMatchObject({
      origin: 'environment, as APP_PORT',
      about: 'The port the service listens on',
    });
    expect(load({ SECRET_KEY: undefined, APP_KEY: SECRET_KEY }).SECRET_KEY).toBe(SECRET_KEY);
    expect(reportOf(() => load({ SECRET_KEY: undefined, APP_KEY: 'password' }))).toMatch(
      /SECRET_KEY +is too short/,
    );
    expect(reportOf(() => load({ APP_PORT: 'x' }))).toContain('from the environment, as APP_PORT');
  });

  it('and an alias with another value are a problem, and with the same value none', () => {
    expect(load({ PORT: '4000', APP_PORT: '4000' }).PORT).toBe(4000);
    const report = reportOf(() =>
      load({ PORT: '4000', APP_PORT: '4001', STRIPE_SECRET: 'a', STRIPE_API_KEY: 'b' }),
    );
    expect(report).toMatch(/PORT +is set twice, to different values: by PORT and by APP_PORT/);
    expect(report).toMatch(
      /STRIPE_KEY +is set twice, to different values: by STRIPE_SECRET and by STRIPE_API_KEY/,
    );
    expect(reportOf(() => load({ STRIPE_KEY: 'a', STRIPE_SECRET_FILE: '/x' }))).toMatch(
      /STRIPE_KEY +is set twice: by STRIPE_KEY and by STRIPE_SECRET_FILE/,
    );
  });
});

describe('an alias', () => {
  class Config extends ProductionConfig {
    @Secret(Joi.string(), { alias: ['OLD_TOKEN'] })
    readonly TOKEN!: string;

    @Env(Joi.string().optional(), { alias: ['OLD_HOST'] })
    readonly HOST?: string;
  }

  it('names a secret that the application fetches', () => {
    const load = (secrets: Readonly<Record<string, string>>) =>
      loadConfig(Config, { env: { SECRET_KEY, TOKEN: 'of the environment' }, secrets });
    expect(load({ OLD_TOKEN: 'fetched\n' }).TOKEN).toBe('fetched');
    expect(
      load({ OLD_TOKEN: 'fetched' })
        .explain()
        .find(({ name }) => name === 'TOKEN'),
    ).toMatchObject({ origin: 'application, as OLD_TOKEN' });
    expect(load({ OLD_TOKEN: 'fetched', TOKEN: 'fetched' }).TOKEN).toBe('fetched');
    expect(reportOf(() => load({ OLD_TOKEN: 'a', TOKEN: 'b' }))).toMatch(
      /TOKEN +is set twice, to different values: by TOKEN and by OLD_TOKEN/,
    );
  });

  it('of a setting that is not secret is not read from a file, and a warning says so', () => {
    const { warnings } = stateOf(Config.load({ SECRET_KEY, TOKEN: 't', OLD_HOST_FILE: '/x' }));
    expect(warnings).toContainEqual(expect.objectContaining({ id: 'not-a-secret', name: 'OLD_HOST_FILE' }));
  });
});

describe('pick()', () => {
  it('reads and checks only what is picked, without a SECRET_KEY', () => {
    const part = AppConfig.pick('DATABASE_URL', 'DATABASE_POOL_MAX', 'getDatabaseConfig', 'mail').load({
      DATABASE_URL: 'postgres://user:canary@host/db',
      MAIL_HOST: 'mail.example',
      MAIL_PASSWORD,
      PORT: 'not a port',
    });
    expect(part.DATABASE_POOL_MAX).toBe(10);
    expect(part.getDatabaseConfig().max).toBe(10);
    expect(part.mail.url).toContain('mail.example');
    expect(part.mail.batch).toBe(100);
    expect(Object.keys(JSON.parse(JSON.stringify(part)) as object)).toEqual([
      'DATABASE_URL',
      'DATABASE_POOL_MAX',
      'mail',
    ]);
    expect(inspect(part, { getters: true, showHidden: true, depth: 9 })).not.toContain('canary');
  });

  it('throws if another setting is read, also one that a rule refers to', () => {
    const part = AppConfig.pick('mail').load(ENV) as AppConfig;
    expect(() => part.SECRET_KEY).toThrow("AppConfig.SECRET_KEY was not picked: add 'SECRET_KEY' to pick()");
    expect(() => part.PAGE_SIZE).toThrow('was not picked');
    expect(() => part.files).toThrow('was not picked');
    expect(() => part.getDatabaseConfig()).toThrow('DATABASE_URL was not picked');
  });

  it('reports the problems of picked settings, and of settings that their rules refer to', () => {
    const report = reportOf(() =>
      AppConfig.pick('MAX_PAGE_SIZE', 'mail').load({
        PAGE_SIZE: 'many',
        MAIL_HOST: 'mail.example',
        PORT: 'x',
      }),
    );
    expect(report).toContain('2 problems');
    expect(report).toMatch(/PAGE_SIZE +must be/);
    expect(report).toMatch(/MAIL_PASSWORD +is missing/);
  });

  it('reads a group that a rule refers to as a whole', () => {
    expect(AppConfig.pick('CDN').load({}).CDN).toBeUndefined();
    expect(reportOf(() => AppConfig.pick('CDN').load({ S3_BUCKET: 'b', S3_SECRET_ACCESS_KEY: 's' }))).toMatch(
      /CDN +is missing/,
    );
  });

  it('reads an optional group as a whole if a rule refers to a part of it', () => {
    class Config extends ProductionConfig {
      @Group(S3Config, { prefix: 'S3_', optional: true })
      readonly files?: S3Config;

      @Env(Joi.string().default(Joi.ref('files.region')))
      readonly REGION?: string;
    }
    const env = { S3_BUCKET: 'b', S3_SECRET_ACCESS_KEY: 's' };
    expect(Config.load({ SECRET_KEY, ...env }).REGION).toBe('eu-west-1');
    expect(Config.pick('REGION').load(env).REGION).toBe('eu-west-1');
    expect(stateOf(Config.pick('REGION').load({})).warnings).toEqual([]);
  });

  it('reads what an expression refers to outside of a group', () => {
    class Worker extends ConfigGroup {
      @Env(Joi.number().default(Joi.expression('{...PAGE_SIZE + 1}')))
      readonly batch!: number;

      @Env(Joi.number().default(Joi.expression('{[/MAX_PAGE_SIZE] + 1}')))
      readonly most!: number;
    }
    class Config extends ProductionConfig {
      @Group(Worker)
      readonly worker!: Worker;
    }
    const { worker } = Config.pick('worker').load({ PAGE_SIZE: '7' });
    expect([worker.batch, worker.most]).toEqual([8, 8]);
    expect(renderEnvExample('Config', shapeOf(Config))).toContain('default: PAGE_SIZE + 1');
  });

  it('takes no other variable for a slip of a picked one', () => {
    const report = reportOf(() => AppConfig.pick('mail').load({ BULK_MAIL_HOST: 'x', MAIL_PASSWORD }));
    expect(report).toMatch(/MAIL_HOST +is missing/);
    expect(report).not.toContain('did you mean');
  });

  it('refuses names that the class does not have', () => {
    expect(() => AppConfig.pick('NOPE' as never).load({})).toThrow(ConfigDefinitionError);
  });

  it('applies the rules of the environment', () => {
    expect(AppConfig.pick('SECRET_KEY').load({ NODE_ENV: 'development' }).SECRET_KEY).toContain(
      'placeholder',
    );
    expect(() => AppConfig.pick('SECRET_KEY').load({ SECRET_KEY: 'weak' })).toThrow('is too short');
  });
});

describe('a faulty definition is refused', () => {
  const group = (fields: (prototype: object) => void) => {
    class Inner extends ConfigGroup {}
    fields(Inner.prototype);
    return Inner;
  };
  const setting = (name: string) => (target: object) =>
    Env(Joi.string().optional())(target as Record<string, unknown>, name as never);
  const classWith = (declare: (prototype: object) => void) => {
    class Config extends ProductionConfig {}
    declare(Config.prototype);
    return Config;
  };
  const load = (type: ConfigClass) => (type as typeof ProductionConfig).load({ SECRET_KEY });

  it('when Nest starts, not when a file calls forRoot()', async () => {
    const inner = group(setting('url'));
    const config = classWith((target) =>
      Group(inner, { prefix: 'DATABASE_' })(target as never, 'db' as never),
    );
    const root = ProductionConfigModule.forRoot({ config, env: ENV });
    await expect(Test.createTestingModule({ imports: [root] }).compile()).rejects.toThrow(
      ConfigDefinitionError,
    );
  });

  it('if two settings have one name', () => {
    const inner = group(setting('url'));
    const type = classWith((target) => Group(inner, { prefix: 'DATABASE_' })(target as never, 'db' as never));
    expect(() => load(type)).toThrow('Config reads DATABASE_URL for DATABASE_URL and for db.url');
  });

  it('if a setting has the name of the file of a secret', () => {
    class Keys extends ConfigGroup {
      @Secret(Joi.string())
      readonly token!: string;

      @Secret(Joi.string())
      readonly tokenFile!: string;
    }
    class Config extends ProductionConfig {
      @Group(Keys, { prefix: '' })
      readonly keys!: Keys;
    }
    expect(() => load(Config)).toThrow('Config reads TOKEN_FILE for keys.token and for keys.tokenFile');
  });

  it('if a setting of the package gets another name, or NODE_ENV an alias', () => {
    const named = classWith((target) => Secret({ name: 'APP_KEY' })(target, 'SECRET_KEY' as never));
    expect(() => load(named)).toThrow('Config.SECRET_KEY keeps the name of its variable');
    const aliased = classWith((target) => Env({ alias: ['APP_ENV'] })(target, 'NODE_ENV' as never));
    expect(() => load(aliased)).toThrow('Config.NODE_ENV cannot have an alias');
  });

  it.each(['constructor', 'toString', '__proto__'])('if a field is called %s', (field) => {
    expect(() => load(classWith(setting(field)))).toThrow(`Config.${field} is a method of the class`);
    const type = classWith((target) => Group(group(setting(field)))(target as never, 'a' as never));
    expect(() => load(type)).toThrow(`Inner.${field} is a method of the class`);
  });

  it('if the class of the environment makes a group optional', () => {
    class Local extends DevelopmentConfig {
      @Group(TlsConfig, { optional: true })
      readonly tls?: TlsConfig;
    }
    class Config extends ProductionConfig {
      static override readonly environments = { development: Local };

      @Group(TlsConfig)
      readonly tls!: TlsConfig;
    }
    expect(() => Config.load({ NODE_ENV: 'development' })).toThrow(
      'Local.tls is optional, but in Config it is not',
    );
  });

  it('if the class of a group does not extend ConfigGroup', () => {
    expect(() => classWith((target) => Group(Map as never)(target as never, 'a' as never))).toThrow(
      'must extend ConfigGroup',
    );
  });

  it('if rules of a group and outside of it refer to each other', () => {
    class Circle extends ConfigGroup {
      @Env(Joi.number().default(Joi.ref('...OUTER')))
      readonly x!: number;

      @Env(Joi.number().default(1))
      readonly y!: number;
    }
    class Config extends ProductionConfig {
      @Group(Circle)
      readonly circle!: Circle;

      @Env(Joi.number().default(Joi.ref('circle.y')))
      readonly OUTER!: number;
    }
    expect(() => load(Config)).toThrow(ConfigDefinitionError);
  });

  it('if the default of a number is a text', () => {
    const type = classWith((target) => Env(duration('s').default('15m'))(target, 'TTL' as never));
    expect(() => load(type)).toThrow('TTL: its default is a text');
  });

  it('if a group contains itself', () => {
    class Loop extends ConfigGroup {}
    Group(Loop)(Loop.prototype as never, 'self' as never);
    const type = classWith((target) => Group(Loop)(target as never, 'loop' as never));
    expect(() => load(type)).toThrow('Loop is a group of itself');
  });

  it('if a name could be no variable', () => {
    const inner = group(setting('url'));
    const type = classWith((target) => Group(inner, { prefix: 'A-' })(target as never, 'a' as never));
    expect(() => load(type)).toThrow(ConfigDefinitionError);
  });

  it('if the class of a group is undefined, because two files import each other', () => {
    expect(() => classWith((target) => Group(undefined as never)(target as never, 'a' as never))).toThrow(
      'check for a circular import',
    );
  });

  it('if options alone are given for a setting that is not inherited', () => {
    const type = classWith((target) => Env({ about: 'x' })(target, 'NEW' as never));
    expect(() => load(type)).toThrow('Config.NEW has no rule');
  });

  it('if a field reads a setting when the instance is made', () => {
    class Early extends ProductionConfig {
      readonly base = `https://${this.NODE_ENV}`;
    }
    class EarlyGroup extends ConfigGroup {
      readonly isOpen = () => true;
    }
    class Config extends ProductionConfig {
      @Group(EarlyGroup)
      readonly early!: EarlyGroup;
    }
    expect(() => load(Early)).toThrow('Early.base is a field but not a setting');
    expect(() => load(Config)).toThrow('write a getter or a method');
  });

  it('if a reference leads out of the class', () => {
    const type = classWith((target) =>
      Env(Joi.number().max(Joi.ref('...PORT')).default(1))(target as never, 'MOST' as never),
    );
    expect(() => type.load({ SECRET_KEY, MOST: '5' })).toThrow(
      'Config: ...PORT in a rule leads out of the class: write / before a setting of Config',
    );
  });

  it('if a group is constructed', () => {
    expect(() => new MailConfig()).toThrow('cannot be constructed');
  });
});

describe('in a Nest application', () => {
  class OnlyConfig extends ProductionConfig {
    @Group(MailConfig)
    readonly mail!: MailConfig;

    get isTest(): boolean {
      return this.mail.host === 'mail.example';
    }
  }

  async function start(config: ConfigClass<ProductionConfig>, provider: new (...args: never[]) => object) {
    @Module({
      imports: [ProductionConfigModule.forRoot({ config, env: { ...ENV, ...S3 } })],
      providers: [provider],
    })
    class AppModule {}
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await app.init();
    return app;
  }

  @Injectable()
  class Mailer {
    constructor(
      readonly mail: MailConfig,
      readonly tls: TlsConfig,
      readonly config: ConfigService<OnlyConfig, true>,
    ) {}
  }
  Reflect.defineMetadata('design:paramtypes', [MailConfig, TlsConfig, ConfigService], Mailer);

  it('a group that is required and the only one of its class is injected by it', async () => {
    const app = await start(OnlyConfig, Mailer);
    const { mail, tls } = app.get(Mailer);
    expect(mail).toBe(app.get(OnlyConfig).mail);
    expect(tls).toBe(mail.tls);
    await app.close();
  });

  it('ConfigService answers paths, names of variables and getters with the checked values', async () => {
    const app = await start(OnlyConfig, Mailer);
    const { config } = app.get(Mailer);
    const host: string = config.get('mail.host', { infer: true });
    const depth: number = config.get('mail.tls.depth', { infer: true });
    expect([host, depth]).toEqual(['mail.example', 1]);
    expect(config.getOrThrow('mail.port', { infer: true })).toBe(587);
    expect(config.get('mail', { infer: true })).toBe(app.get(OnlyConfig).mail);
    expect(config.get('MAIL_PORT' as never)).toBe(587);
    expect(config.get('isTest', { infer: true })).toBe(true);
    expect(config.get('mail.url' as never)).toContain('smtp://');
    expect(() => config.set('mail.host' as never, 'x' as never)).toThrow('cannot be changed');
    expect(inspect(config) + JSON.stringify(config)).not.toContain('canary');
    await app.close();
  });

  it.each<[string, ConfigClass<ProductionConfig>, Function, string]>([
    ['stands for two groups', AppConfig, MailConfig, 'it stands for AppConfig.mail and AppConfig.bulkMail'],
    ['may be absent', AppConfig, S3Config, 'it is optional, as AppConfig.files'],
  ])('a class that %s is not injected, and the error says so', async (_what, config, type, message) => {
    @Injectable()
    class Consumer {
      constructor(readonly group: object) {}
    }
    Inject(type as never)(Consumer, undefined as never, 0);
    await expect(start(config, Consumer)).rejects.toThrow(message);
  });

  it('@Optional() does not hide that a class cannot be injected', async () => {
    @Injectable()
    class Consumer {
      constructor(readonly files?: S3Config) {}
    }
    Inject(S3Config)(Consumer, undefined as never, 0);
    Optional()(Consumer, undefined as never, 0);
    await expect(start(AppConfig, Consumer)).rejects.toThrow('it is optional, as AppConfig.files');
  });

  it('a second ConfigService has frozen values, and can be inspected', async () => {
    const app = await start(OnlyConfig, Mailer);
    const { internalConfig } = app.get<Record<string, Record<string, unknown>>>(ConfigService);
    const shared = internalConfig!['_PROCESS_ENV_VALIDATED'] as Record<string, unknown>;
    expect(shared['MAIL_COPY_TO']).toBe(app.get(OnlyConfig).mail.copyTo);
    expect(inspect(shared)).toContain("host: 'mail.example'");
    await app.close();
  });

  it('classes that are not injectable do no harm if nothing injects them', async () => {
    @Controller()
    class Idle {
      @Get()
      nothing() {}
    }
    const app = await start(AppConfig, Idle);
    expect(app.get(AppConfig).files?.bucket).toBe('bucket');
    await app.close();
  });
});

describe('A group that replaces the database settings of the package', () => {
  class OwnDatabase extends ConfigGroup {
    @Env(Joi.string())
    readonly host!: string;

    @Env(Joi.string())
    readonly username!: string;

    @Secret(Joi.string().optional())
    readonly url?: string;

    @Env(Joi.string().optional())
    readonly ca?: string;

    @Env(Joi.number().default(100))
    readonly maxConnections!: number;
  }
  class Config extends ProductionConfig {
    @Group(OwnDatabase, { replaces: 'database' })
    readonly database!: OwnDatabase;
  }
  const own = {
    SECRET_KEY,
    DATABASE_HOST: 'db.internal',
    DATABASE_USERNAME: 'app',
    DATABASE_URL: 'mysql://db.internal/shop',
    DATABASE_CA: 'a CA',
    DATABASE_MAX_CONNECTIONS: '5',
  };

  it('reads variables with these names by its own rules alone', async () => {
    const config = Config.load(own);
    expect(config.database).toMatchObject({
      host: 'db.internal',
      username: 'app',
      ca: 'a CA',
      maxConnections: 5,
    });
    expect(config.database.url).toBe('mysql://db.internal/shop');
    expect(Config.pick('database').load(own).database.host).toBe('db.internal');
    expect(renderEnvExample('Config', shapeOf(Config))).not.toMatch(/DATABASE_(USER|POOL_MAX)=/);
    const root = ProductionConfigModule.forRoot({ config: Config, env: own });
    const app = await Test.createTestingModule({ imports: [root] }).compile();
    expect(app.get(ConfigService).get('DATABASE_HOST')).toBe('db.internal');
    expect(app.get(ConfigService).get('database.host')).toBe('db.internal');
  });

  it('lets nobody read the replaced settings', () => {
    const reason =
      'does not exist, because the group database replaces the database settings of this package';
    expect(() => Config.load(own).getDatabaseConfig()).toThrow(`Config.DATABASE_URL ${reason}`);
    expect(() => Config.pick('getDatabaseConfig').load(own).getDatabaseConfig()).toThrow(reason);
    expect(() => Config.load(own).DATABASE_HOST).toThrow(ConfigDefinitionError);
    expect(() => (Config.pick('PORT').load(own) as Config).database).toThrow("add 'database' to pick()");
    class Conditional extends Config {
      @Env(Joi.string(), {
        requiredWhen: ({ DATABASE_URL }: Conditional) => DATABASE_URL !== undefined,
        because: 'there is a database',
      })
      readonly SCHEMA?: string;
    }
    expect(() => Conditional.load(own)).toThrow(reason);
  });

  it('does so where its class is declared again, in a subclass or in an environment', () => {
    class OtherDatabase extends OwnDatabase {
      @Env(Joi.string().default('local'))
      declare readonly host: string;
    }
    class Local extends DevelopmentConfig {
      @Group(OtherDatabase)
      readonly database!: OtherDatabase;
    }
    class Anywhere extends Config {
      static override readonly environments = { development: Local };
    }
    class Special extends Config {
      @Group(OtherDatabase)
      declare readonly database: OtherDatabase;
    }
    const { DATABASE_HOST: _, ...others } = own;
    expect(Special.load(others).database.host).toBe('local');
    expect(Anywhere.load({ ...others, NODE_ENV: 'development' }).database.host).toBe('local');
    expect(() => Anywhere.load({ ...others, NODE_ENV: 'production' })).toThrow('DATABASE_HOST');
  });

  it('is refused beside a setting that it replaces and that a class declares again', () => {
    class Both extends Config {
      @Secret(databaseUrl())
      declare readonly DATABASE_URL: string;
    }
    expect(() => Both.load(own)).toThrow(
      'Both.DATABASE_URL is declared again, but a group replaces the database settings of this package: remove one of them',
    );
  });

  it('is proposed where a group has one of these names without it', () => {
    class Mixed extends ProductionConfig {
      @Group(OwnDatabase)
      readonly database!: OwnDatabase;
    }
    expect(() => Mixed.load(own)).toThrow("or set replaces: 'database' on its group");
    class Flat extends ProductionConfig {
      @Env(Joi.string(), { name: 'DATABASE_HOST' })
      readonly host!: string;
    }
    expect(() => Flat.load(own)).toThrow(/or give host another name or prefix$/);
  });
});
