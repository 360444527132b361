import Joi from 'joi';
import { ConfigGroup, Env, Secret } from 'nestjs-production-config';

export class MailConfig extends ConfigGroup {
  @Env(Joi.string().hostname())
  readonly host!: string;

  @Env(Joi.number().port().default(587))
  readonly port!: number;

  @Env(Joi.string())
  readonly user!: string;

  @Secret(Joi.string())
  readonly password!: string;

  @Env(Joi.string().email())
  readonly from!: string;

  @Env(Joi.string().email().optional())
  readonly replyTo?: string;

  @Env(Joi.number().integer().min(1).default(10000))
  readonly timeoutMs!: number;

  @Env(Joi.boolean().default(true))
  readonly secure!: boolean;
}

export class StorageConfig extends ConfigGroup {
  @Env(Joi.string().uri())
  readonly endpoint!: string;

  @Env(Joi.string().default('eu-west-1'))
  readonly region!: string;

  @Env(Joi.string())
  readonly bucket!: string;

  @Env(Joi.string())
  readonly accessKey!: string;

  @Secret(Joi.string())
  readonly secretKey!: string;

  @Env(Joi.boolean().default(false))
  readonly pathStyle!: boolean;

  @Env(Joi.number().integer().min(1).default(10_485_760))
  readonly maxBytes!: number;

  @Env(Joi.string().default('uploads'))
  readonly folder!: string;
}

export class PaymentsConfig extends ConfigGroup {
  @Env(Joi.string().uri())
  readonly apiUrl!: string;

  @Secret(Joi.string())
  readonly apiKey!: string;

  @Secret(Joi.string())
  readonly webhookSecret!: string;

  @Env(Joi.string<'eur' | 'usd'>().valid('eur', 'usd').default('eur'))
  readonly currency!: 'eur' | 'usd';

  @Env(Joi.number().integer().min(1).default(5000))
  readonly timeoutMs!: number;

  @Env(Joi.number().integer().min(0).max(10).default(3))
  readonly retries!: number;

  @Env(Joi.boolean().default(true))
  readonly capture!: boolean;

  @Env(Joi.string())
  readonly account!: string;
}

export class SearchConfig extends ConfigGroup {
  @Env(Joi.string().uri())
  readonly node!: string;

  @Env(Joi.string().default('orders'))
  readonly index!: string;

  @Secret(Joi.string())
  readonly apiKey!: string;

  @Env(Joi.number().integer().min(1).default(1))
  readonly shards!: number;

  @Env(Joi.number().integer().min(0).default(1))
  readonly replicas!: number;

  @Env(Joi.number().integer().min(1).default(1000))
  readonly refreshMs!: number;

  @Env(Joi.number().integer().min(1).default(2000))
  readonly timeoutMs!: number;

  @Env(Joi.boolean().default(true))
  readonly enabled!: boolean;
}

export class QueueConfig extends ConfigGroup {
  @Env(Joi.string().uri())
  readonly url!: string;

  @Env(Joi.number().integer().min(1).default(10))
  readonly prefetch!: number;

  @Env(Joi.number().integer().min(0).default(5))
  readonly retries!: number;

  @Env(Joi.number().integer().min(1).default(1000))
  readonly backoffMs!: number;

  @Env(Joi.string().optional())
  readonly deadLetter?: string;

  @Env(Joi.boolean().default(true))
  readonly durable!: boolean;

  @Env(Joi.number().integer().min(1).default(4))
  readonly concurrency!: number;
}

export class AuthConfig extends ConfigGroup {
  @Env(Joi.string().uri())
  readonly issuer!: string;

  @Env(Joi.string())
  readonly audience!: string;

  @Env(Joi.string())
  readonly clientId!: string;

  @Secret(Joi.string())
  readonly clientSecret!: string;

  @Env(Joi.number().integer().min(1).default(15))
  readonly tokenMinutes!: number;

  @Env(Joi.number().integer().min(1).default(30))
  readonly refreshDays!: number;

  @Env(Joi.string().default('roles'))
  readonly rolesClaim!: string;
}

export class LimitsConfig extends ConfigGroup {
  @Env(Joi.number().integer().min(1).default(60))
  readonly windowSeconds!: number;

  @Env(Joi.number().integer().min(1).default(100))
  readonly perWindow!: number;

  @Env(Joi.number().integer().min(1).default(20))
  readonly burst!: number;

  @Env(Joi.number().integer().min(1).default(5))
  readonly uploads!: number;

  @Env(Joi.number().integer().min(1).default(1000))
  readonly queries!: number;

  @Env(Joi.number().integer().min(1).default(10))
  readonly banMinutes!: number;

  @Env(Joi.boolean().default(true))
  readonly enabled!: boolean;
}

export class ReportsConfig extends ConfigGroup {
  @Env(Joi.string())
  readonly bucket!: string;

  @Env(Joi.string().default('0 4 * * *'))
  readonly schedule!: string;

  @Env(Joi.number().integer().min(1).default(50000))
  readonly rows!: number;

  @Env(Joi.string<'csv' | 'xlsx'>().valid('csv', 'xlsx').default('csv'))
  readonly format!: 'csv' | 'xlsx';

  @Env(Joi.string().default('UTC'))
  readonly timezone!: string;

  @Env(Joi.number().integer().min(1).default(90))
  readonly keepDays!: number;

  @Env(Joi.string().email())
  readonly recipient!: string;
}
