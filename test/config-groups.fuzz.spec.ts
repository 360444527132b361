import fc from 'fast-check';
import Joi from 'joi';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigError,
  ConfigGroup,
  duration,
  Env,
  Group,
  hostPort,
  json,
  list,
  oneOf,
  ProductionConfig,
  Secret,
  url,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { runs } from './support/runs.js';

class TlsConfig extends ConfigGroup {
  @Env(Joi.boolean().default(true))
  readonly verify!: boolean;

  @Secret(Joi.string().min(16).optional())
  readonly passphrase?: string;

  @Env(Joi.number().max(Joi.ref('/MAX_PAGE_SIZE')).default(Joi.ref('...retries')))
  readonly depth!: number;
}

class PeerConfig extends ConfigGroup {
  @Env(hostPort(80))
  readonly address!: { readonly host: string; readonly port: number };

  @Env(z.coerce.number().max(10).default(3))
  readonly retries!: number;

  @Env(duration('s').min(1).default(60))
  readonly timeout!: number;

  @Secret(url({ schemes: ['https', 'redis'] }))
  readonly endpoint!: string;

  @Secret(z.string().min(20).optional())
  readonly token?: string;

  @Env(list(oneOf('eu', 'us')).default([]))
  readonly regions!: readonly ('eu' | 'us')[];

  @Env(Joi.string(), {
    requiredWhen: (peer: PeerConfig) => peer.regions.length > 1 || peer.token !== undefined,
    because: 'there are several regions, or a token',
  })
  readonly zone?: string;

  @Group(TlsConfig, { optional: true })
  readonly tls?: TlsConfig;
}

class AppConfig extends ProductionConfig {
  @Group(PeerConfig, { optional: true })
  readonly peer?: PeerConfig;

  @Group(PeerConfig, {
    prefix: '',
    requiredWhen: (config: AppConfig) => config.peer?.tls !== undefined && config.ACCOUNT !== undefined,
    because: 'the peer has TLS, and there is an account',
  })
  readonly plain?: PeerConfig;

  @Group(TlsConfig, { prefix: 'OUTER_' })
  readonly outer!: TlsConfig;

  @Secret(json(Joi.object<{ key: string }>({ key: Joi.string().min(16) })).optional())
  readonly ACCOUNT?: { readonly key: string };

  readonly retries!: number;
}
// A setting that the rules of the group OUTER refer to by the name of its field.
Env(z.coerce.number().default(2), { name: 'RETRIES_OF_ALL' })(AppConfig.prototype, 'retries');

const FIELDS = [
  'ADDRESS',
  'RETRIES',
  'TIMEOUT',
  'ENDPOINT',
  'TOKEN',
  'REGIONS',
  'ZONE',
  'TLS_VERIFY',
  'TLS_DEPTH',
];
const NAMES = [
  ...['', 'PEER_'].flatMap((prefix) => FIELDS.map((field) => prefix + field)),
  'PEER_TLS_PASSPHRASE',
  'OUTER_VERIFY',
  'OUTER_DEPTH',
  'OUTER_PASSPHRASE',
  'ACCOUNT',
  'RETRIES_OF_ALL',
  'PAGE_SIZE',
  'MAX_PAGE_SIZE',
  'PEER_ENDPOINT_FILE',
  'PEER_TOKN',
  'PLAIN_ADDRESS',
  'TLS',
];

const canary = fc
  .string({ unit: fc.constantFrom(...'abcdefghjkmnpqrstuvwxyz23456789'), minLength: 16, maxLength: 16 })
  .map((text) => `canary${text}`);

const text = fc.oneof(
  { weight: 3, arbitrary: canary },
  {
    weight: 3,
    arbitrary: canary.map((secret) => `https://user:${secret}@host.example/`),
  },
  { weight: 1, arbitrary: canary.map((key) => JSON.stringify({ key })) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '1',
      '5',
      '60',
      '15m',
      '1500ms',
      'true',
      'no',
      'eu',
      'eu,us',
      'a.example:443',
      'a.example',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ' ', '-1', '1e999', '[', '{}', '__proto__', 'asia', ':80', '99999'),
  },
);

const environment = fc.dictionary(fc.constantFrom(...NAMES), text, { maxKeys: 14 });

it('groups with random values lead to a frozen instance or a ConfigError, and neither shows a canary', () => {
  const seen = { loaded: 0, refused: 0 };
  fc.assert(
    fc.property(environment, (given) => {
      const env = { NODE_ENV: 'production', SECRET_KEY, ...given };
      try {
        const config = AppConfig.load(env);
        seen.loaded++;
        const shown = [config, config.peer, config.plain, config.outer].map(
          (part) => JSON.stringify(part) + inspect(part, { depth: 9, showHidden: true, getters: true }),
        );
        expect(secretsIn(shown.join() + JSON.stringify(config.explain()), config)).toEqual([]);
        expect([config.peer, config.plain, config.outer].every(Object.isFrozen)).toBe(true);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        seen.refused++;
        const told = `${error.stack}${JSON.stringify(error)}${inspect(error)}`;
        expect(told).not.toMatch(/canary/);
        for (const { name } of error.problems) expect([...NAMES, 'TLS_PASSPHRASE']).toContain(name);
      }
    }),
    { numRuns: runs(10_000) },
  );
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(runs(10_000) / 50);
});

it('pick() yields the values of the whole configuration', () => {
  fc.assert(
    fc.property(environment, (given) => {
      const env = { NODE_ENV: 'production', SECRET_KEY, ...given };
      let whole: AppConfig;
      try {
        whole = AppConfig.load(env);
      } catch {
        return;
      }
      for (const field of ['peer', 'plain', 'outer', 'ACCOUNT', 'MAX_PAGE_SIZE', 'retries'] as const) {
        const part = AppConfig.pick(field).load(env);
        expect(part[field as never]).toEqual(whole[field]);
        expect(JSON.stringify(part)).toBe(JSON.stringify({ [field]: whole.toJSON()[field] }));
      }
    }),
    { numRuns: runs(2_000) },
  );
});

/** The canaries of secrets in a text. */
function secretsIn(shown: string, { peer, plain, outer, ACCOUNT }: AppConfig): string[] {
  const groups = [peer, plain].flatMap((group) => [group?.endpoint, group?.token, group?.tls?.passphrase]);
  const secrets = [...groups, outer.passphrase, ACCOUNT?.key].flatMap(
    (secret) => secret?.match(/canary\w+/)?.[0] ?? [],
  );
  return secrets.filter((secret) => shown.includes(secret));
}
