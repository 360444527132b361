import Joi from 'joi';
import {
  ConfigGroup,
  DevelopmentConfig,
  Env,
  Group,
  ProductionConfig,
  Secret,
} from 'nestjs-production-config';

export class TlsConfig extends ConfigGroup {
  @Env(Joi.boolean().default(true), { about: 'Whether the certificate is verified' })
  readonly verify!: boolean;
}

export class MailConfig extends ConfigGroup {
  @Env(Joi.string().hostname().default('localhost'), { about: 'The SMTP server' })
  readonly host!: string;

  @Env(Joi.number().port().default(587), { about: 'Its port' })
  readonly port!: number;

  @Secret(Joi.string().optional(), { about: 'The password of the account' })
  readonly password?: string;

  @Group(TlsConfig)
  readonly tls!: TlsConfig;
}

export class StorageConfig extends ConfigGroup {
  @Env(Joi.string(), { about: 'Where files are stored' })
  readonly bucket!: string;
}

export class AppConfig extends ProductionConfig {
  static override readonly environments = { development: DevelopmentConfig };

  @Env(Joi.string<'eu' | 'us'>().valid('eu', 'us').default('eu'), { about: 'Where the service runs' })
  readonly REGION!: 'eu' | 'us';

  @Secret(Joi.string().min(20).optional(), { about: 'Signs web hooks' })
  declare readonly HOOK_KEY?: string;

  @Env(Joi.number().integer().default(5), { about: 'Items on a page' })
  declare readonly PAGE_SIZE: number;

  @Group(MailConfig)
  readonly mail!: MailConfig;

  @Group(StorageConfig, { prefix: 'S3_', optional: true })
  readonly files?: StorageConfig;

  @Group(StorageConfig, { prefix: 'ARCHIVE_', optional: true })
  readonly archive?: StorageConfig;
}

export class WronglyTyped extends ProductionConfig {
  // @ts-expect-error the rule yields a number
  @Env(Joi.number().default(1), { about: 'A field whose type is not what its rule yields' })
  readonly COUNT!: string;
}

export class WronglyGrouped extends ProductionConfig {
  // @ts-expect-error the group may be absent
  @Group(StorageConfig, { optional: true })
  readonly files!: StorageConfig;
}
