import fc from 'fast-check';
import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import { ConfigError, Env, ProductionConfig } from 'nestjs-production-config';
import { inspectConfig } from '../src/config/load/config.inspection.js';
import { nearMiss, splitName } from '../src/config/sources/misnamed-settings.js';
import { SECRET_KEY } from './support/keys.js';

const SOUND = { NODE_ENV: 'production', SECRET_KEY };

/** The warnings for an environment and a service that declares these settings as optional. */
function warned(declared: readonly string[], env: Readonly<Record<string, string>>): string[] {
  class ServiceConfig extends ProductionConfig {}
  for (const name of declared) Env(Joi.any<string>().optional())(ServiceConfig.prototype, name as never);
  const { problems, warnings } = inspectConfig(ServiceConfig, { env: { ...SOUND, ...env } });
  expect(problems).toEqual([]);
  return warnings.map(({ id, name, fix }) => `${id} ${name}: ${fix}`);
}

describe('an environment variable that is not read', () => {
  it.each([
    ['REDIS_HOST', 'REDIS_HSOT'],
    ['REDIS_HOST', 'RDEIS_HOST'],
    ['REDIS_HOST', 'REDIS_HOS'],
    ['REDIS_HOST', 'REDIS_HOSTT'],
    ['REDIS_HOST', 'REDIS_HOSTS'],
    ['REDIS_HOST', 'REDISHOST'],
    ['REDIS_HOST', 'redis-host'],
    ['REDIS_HOST', 'REDSI_HSOT'],
    ['STRIPE_KEY', 'STRIPE_KYE'],
    ['STRIPE_KEY', 'STRIPE_KEYS'],
    ['SMTP_PASSWORD', 'SMTP_PASSWROD'],
    ['SMTP_PASSWORD', 'SMTP_PASSVORD'],
    ['SESSION_TIMEOUT', 'SESION_TIMEOUT'],
    ['INVOICE_URL', 'INVOICE_ULR'],
    ['S3_BUCKET', 'S3_BUKCET'],
  ])('is reported as a near miss of %s if it is %s', (declared, set) => {
    expect(warned([declared], { [set]: 'x' })).toEqual([`near-miss ${set}: did you mean ${declared}?`]);
  });

  it.each([
    ['MAIL_HOST', 'MAIL_PORT'],
    ['MAIL_FROM', 'MAIL_HOST'],
    ['PGHOST', 'PGPORT'],
    ['DB_URL', 'DB_USER'],
    ['DB_NAME', 'DB_USER'],
    ['SMTP_PASS', 'SMTP_PORT'],
    ['API_URL', 'APP_URL'],
    ['API_KEY', 'APP_KEY'],
    ['CLIENT_ID', 'CLIENT_IP'],
    ['REDIS_TLS', 'REDIS_TTL'],
    ['REST_URL', 'TEST_URL'],
    ['NODE_PATH', 'MODE_PATH'],
    ['APP_STAGE', 'APP_STATE'],
    ['MIN_SIZE', 'MAX_SIZE'],
    ['IMPORT_DIR', 'EXPORT_DIR'],
    ['INTERNAL_URL', 'EXTERNAL_URL'],
    ['ENTITY_URL', 'IDENTITY_URL'],
    ['MAIL_HOST', 'EMAIL_HOST'],
    ['EMAIL_USER', 'GMAIL_USER'],
    ['PUBLIC_KEY', 'PRIVATE_KEY'],
    ['DB_URL', 'DB_A_URL'],
    ['DB_A_URL', 'DB_B_URL'],
    ['DB_URL', 'DB2_URL'],
    ['SHARD_1', 'SHARD_2'],
    ['OAUTH2_ID', 'OAUTH_ID'],
  ])('is not a near miss of %s if it is %s, which has a different word', (declared, set) => {
    expect(warned([declared], { [set]: 'x' })).toEqual([]);
  });

  it.each([
    ['HOST_NAME', 'HOSTNAME'],
    ['USERS', 'USER'],
    ['TMP_DIR', 'TMPDIR'],
  ])('is not a near miss of %s if it is %s, which the system sets', (declared, set) => {
    expect(warned([declared], { [set]: 'x' })).toEqual([]);
  });

  // No word is a typo of another.
  const word = fc.constantFrom(
    ...'HOST PORT USER URL NAME PASSWORD KEY TOKEN API APP DB TLS TTL MAX MIN SIZE TIMEOUT MODE NODE LEVEL PATH FROM'.split(
      ' ',
    ),
    ...'MAIL SMTP REDIS CACHE SECRET CLIENT SERVER BUCKET REGION ID IP QUEUE TOPIC DIR FILE POOL RETRY LIMIT RATE'.split(
      ' ',
    ),
  );
  const name = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('_'));

  it('is not a near miss of a name with different words', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(one.replaceAll('_', '') !== other.replaceAll('_', ''));
        expect(nearMiss(one, [splitName(other)])).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  it('is a near miss of the name that it misspells', () => {
    const longWord = word.filter(({ length }) => length > 3);
    const slip = fc
      .tuple(longWord, fc.nat(), fc.constantFrom('swap', 'drop', 'double', 'add'))
      .map(([text, at, kind]) => {
        const index = 1 + (at % (text.length - 2));
        const [before, here, after] = [text.slice(0, index), text[index]!, text.slice(index + 1)];
        const slipped = {
          swap: `${before}${after[0]}${here}${after.slice(1)}`,
          drop: before + after,
          double: before + here + here + after,
          add: `${before}X${here}${after}`,
        };
        return [text, slipped[kind]] as const;
      });
    fc.assert(
      fc.property(
        slip,
        fc.option(word),
        fc.option(word),
        fc.array(name),
        ([right, wrong], first, last, others) => {
          const nameOf = (middle: string) => [first, middle, last].filter(Boolean).join('_');
          fc.pre(right !== wrong && !others.includes(nameOf(right)));
          const set = [...others, nameOf(wrong)].map(splitName);
          expect(nearMiss(nameOf(right), set)).toBe(nameOf(wrong));
          expect(nearMiss(nameOf(wrong), [splitName(nameOf(right))])).toBe(nameOf(right));
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

interface Port {
  readonly port: number;
  readonly protocol?: string;
  readonly name?: string;
}

/** The environment variables that kubelet sets in a container for a Service in its namespace. */
function serviceLinks(service: string, address: string, [first, ...others]: readonly [Port, ...Port[]]) {
  const prefix = service.toUpperCase().replaceAll('-', '_');
  const host = address.includes(':') ? `[${address}]` : address;
  const urlOf = ({ port, protocol = 'TCP' }: Port) => `${protocol.toLowerCase()}://${host}:${port}`;
  const named = [first, ...others].filter((port) => port.name !== undefined);
  return {
    [`${prefix}_SERVICE_HOST`]: address,
    [`${prefix}_SERVICE_PORT`]: `${first.port}`,
    ...Object.fromEntries(
      named.map((port) => [
        `${prefix}_SERVICE_PORT_${port.name!.toUpperCase().replaceAll('-', '_')}`,
        `${port.port}`,
      ]),
    ),
    [`${prefix}_PORT`]: urlOf(first),
    ...Object.fromEntries(
      [first, ...others].flatMap((port) => {
        const { protocol = 'TCP' } = port;
        const each = `${prefix}_PORT_${port.port}_${protocol}`;
        return [
          [each, urlOf(port)],
          [`${each}_PROTO`, protocol.toLowerCase()],
          [`${each}_PORT`, `${port.port}`],
          [`${each}_ADDR`, address],
        ];
      }),
    ),
  };
}

describe('the environment variables that Kubernetes sets for a Service', () => {
  const ADDRESSES: readonly [string, string, [Port, ...Port[]]][] = [
    ['over TCP', '10.0.0.5', [{ port: 6379 }]],
    ['over IPv6', 'fd00::5', [{ port: 6379 }]],
    [
      'over UDP and SCTP',
      '10.0.0.5',
      [
        { port: 53, protocol: 'UDP', name: 'dns' },
        { port: 7, protocol: 'SCTP' },
      ],
    ],
    [
      'with named ports',
      '10.0.0.5',
      [
        { port: 80, name: 'http' },
        { port: 9090, name: 'http-metrics' },
      ],
    ],
  ];

  it.each(ADDRESSES)('are not near misses of a setting, %s', (_how, address, ports) => {
    const near = [
      'REDIS_HOST',
      'REDIS_PROT',
      'REDIS_SERVICE_HOSTS',
      'REDIS_SERVICE_PORTS',
      'REDIS_SERVICE_PORT_HTTPS',
      'REDIS_PORT_6379_TCP_ADDRS',
      'REDIS_PORT_NUMBER',
    ];
    expect(warned(near, serviceLinks('redis', address, ports))).toEqual([]);
    // The same holds if the Pod itself sets one of them.
    expect(warned(near, { ...serviceLinks('redis', address, ports), REDIS_PORT: '6379' })).toHaveLength(0);
  });

  it('do not hide a near miss beside them, nor names that only look like them', () => {
    const links = serviceLinks('redis', '10.0.0.5', [{ port: 6379 }]);
    expect(warned(['REDIS_HOST'], { ...links, REDIS_HSOT: 'cache' })).toEqual([
      'near-miss REDIS_HSOT: did you mean REDIS_HOST?',
    ]);
    expect(warned(['MAIL_SERVICE_HOST'], { ...links, MIAL_SERVICE_HOST: '10.0.0.9' })).toEqual([
      'near-miss MIAL_SERVICE_HOST: did you mean MAIL_SERVICE_HOST?',
    ]);
  });

  it.each(ADDRESSES)(
    'are reported as a problem if a setting of the same name cannot accept them, %s',
    (_how, address, ports) => {
      class RedisConfig extends ProductionConfig {
        @Env(Joi.number().port().default(6379), { fix: 'the port of Redis' })
        readonly MY_REDIS_PORT!: number;
      }
      const env = { ...SOUND, ...serviceLinks('my-redis', address, ports) };
      expect(() => RedisConfig.load(env)).toThrow(ConfigError);
      expect(inspectConfig(RedisConfig, { env }).problems).toEqual([
        {
          name: 'MY_REDIS_PORT',
          code: 'invalid',
          message: expect.stringContaining(
            '; it contains an address that Kubernetes sets for the Service my-redis',
          ),
          fix: "set enableServiceLinks: false in the Pod's spec, or rename the setting",
          origin: 'environment',
        },
      ]);
    },
  );

  it('are reported as a warning if the rule of a setting accepts them', () => {
    const links = serviceLinks('redis', '10.0.0.5', [{ port: 6379 }]);
    expect(warned(['REDIS_PORT'], links)).toEqual([
      "service-link REDIS_PORT: set enableServiceLinks: false in the Pod's spec, or rename the setting",
    ]);
    expect(warned(['REDIS_SERVICE_HOST', 'REDIS_SERVICE_PORT'], links)).toEqual([]);
  });
});
