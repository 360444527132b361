import Joi from 'joi';
import { defineCheck, DevelopmentConfig, Env, list, ProductionConfig } from 'nestjs-production-config';

/** The settings of the catalogue: those of the library, and its own. */
export class AppConfig extends ProductionConfig {
  /** With NODE_ENV=development it starts without a SECRET_KEY. */
  static override readonly environments = { development: DevelopmentConfig };

  static override readonly checks = [
    defineCheck({
      id: 'no-trusted-proxy',
      run: ({ NODE_ENV, TRUSTED_PROXIES }: AppConfig) =>
        NODE_ENV === 'production' && TRUSTED_PROXIES.length === 0
          ? {
              name: 'TRUSTED_PROXIES',
              message: 'is empty: no request counts as HTTPS, so nobody gets a session cookie',
              fix: 'name the proxy that terminates TLS',
            }
          : undefined,
    }),
  ];

  @Env(Joi.string().max(80).default('Product catalogue'), { about: 'The name the service goes by' })
  readonly CATALOGUE_NAME!: string;

  @Env(Joi.number().integer().min(1).max(86_400).unit('s').default(60), {
    about: 'Seconds a product may be served from the cache after it changed',
  })
  readonly PRODUCT_TTL_SECONDS!: number;

  @Env(
    list(Joi.string().ip({ cidr: 'optional' }).allow('loopback', 'linklocal', 'uniquelocal')).default([]),
    {
      about:
        'The addresses of the proxies whose X-Forwarded-* headers are true: theirs alone, none of clients',
    },
  )
  readonly TRUSTED_PROXIES!: readonly string[];

  @Env(Joi.number().integer().min(1).max(100_000).default(100), {
    about: 'Attempts to sign in from an address within 15 minutes; as many to register',
  })
  readonly SIGN_INS_PER_ADDRESS!: number;

  @Env(Joi.number().integer().min(1).max(100_000).default(20), {
    about: 'Attempts to sign in to an account within 15 minutes, from addresses that are new to it',
  })
  readonly SIGN_INS_PER_ACCOUNT!: number;

  @Env(Joi.boolean().default(false), {
    about: 'Whether http://127.0.0.1:9464/ops shows the settings and figures',
  })
  readonly OPERATIONS_PAGE!: boolean;

  @Env(Joi.number().port().default(9464), { about: 'The port of that page', perInstance: true })
  readonly OPERATIONS_PORT!: number;
}
