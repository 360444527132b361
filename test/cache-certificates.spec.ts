import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ConfigDefinitionError, Env, ProductionConfig, type CacheConfig } from 'nestjs-production-config';
import Joi from 'joi';
import { Authority } from './support/certificate.js';
import { SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';
import { reportOf } from './support/report.js';

const SHARED = { SECRET_KEY, CACHE_URL: 'rediss://cache.example', CACHE_NAMESPACE: 'orders' };

describeWithServer(
  'the certificates of the shared cache',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
    const authority = Authority.make(folder);
    if (authority === undefined) return undefined;
    const expired = authority.issue('expired', { hasExpired: true });
    const weak = authority.issue('weak', { isWeak: true });
    const [client, another] = ['client', 'another'].map((name) => authority.issue(name));
    const files = ['-in', client!.keyFile, '-out', join(folder, 'locked.key')];
    execFileSync('openssl', ['pkey', '-aes128', '-passout', 'pass:word', ...files], { stdio: 'ignore' });
    return {
      folder,
      ca: authority.ca,
      client: client!,
      another: another!,
      expired,
      weak,
      locked: join(folder, 'locked.key'),
      stop: async () => rmSync(folder, { recursive: true }),
    };
  },
  (made) => {
    const valid = () => ({
      ...SHARED,
      CACHE_CA: made().ca,
      CACHE_CERT: made().client.certificate,
      CACHE_KEY: made().client.key,
    });
    const bodyOf = (pem: string) => pem.split('\n')[1]!;

    it('are read as text, with \\n or a carriage return for a line break, and with comments around them', () => {
      for (const write of [
        (pem: string) => pem,
        (pem: string) => pem.replaceAll('\n', '\\n'),
        (pem: string) => pem.replaceAll('\n', '\\r\\n'),
        (pem: string) => pem.replaceAll('\n', '\r\n'),
        (pem: string) => `\n# ours\n${pem}\n`,
      ]) {
        const { CACHE_CA, CACHE_CERT, CACHE_KEY, ...rest } = valid();
        const written = {
          CACHE_CA: write(CACHE_CA),
          CACHE_CERT: write(CACHE_CERT),
          CACHE_KEY: write(CACHE_KEY),
        };
        expect(ProductionConfig.load({ ...rest, ...written }).getCacheConfig().tls).toEqual({
          ca: CACHE_CA,
          cert: CACHE_CERT,
          key: CACHE_KEY,
        });
      }
    });

    it('are read from a file that X_FILE names, or from a directory of secrets', () => {
      const { folder, ca } = made();
      writeFileSync(join(folder, 'CACHE_CA'), ca);
      const named = ProductionConfig.load({ ...SHARED, CACHE_CA_FILE: join(folder, 'CACHE_CA') });
      expect(named.explain()).toContainEqual(
        expect.objectContaining({ name: 'CACHE_CA', origin: 'CACHE_CA_FILE', value: ca }),
      );
      expect(ProductionConfig.load({ ...SHARED, SECRETS_DIR: folder }).CACHE_CA).toBe(ca);
      class Renamed extends ProductionConfig {
        @Env(Joi.string())
        declare readonly CACHE_CA: string;
      }
      expect(Renamed.load({ ...SHARED, SECRETS_DIR: folder }).CACHE_CA).toContain(bodyOf(ca));
    });

    it('may be a bundle that is larger than a secret', () => {
      const { folder, ca } = made();
      const bundle = ca.repeat(Math.ceil(200_000 / ca.length));
      writeFileSync(join(folder, 'bundle.pem'), bundle);
      expect(ProductionConfig.load({ ...SHARED, CACHE_CA_FILE: join(folder, 'bundle.pem') }).CACHE_CA).toBe(
        bundle,
      );
    });

    it.each<readonly [string, (made: ReturnType<typeof valid>) => Record<string, string>, RegExp]>([
      [
        'a text that is not PEM',
        () => ({ CACHE_CA: 'a canary' }),
        /CACHE_CA +must be one or more PEM certificates[^>]+-> to name a file, set CACHE_CA_FILE/,
      ],
      [
        'the path of a file as text',
        () => ({ CACHE_CERT: '/etc/canary/client.pem' }),
        /CACHE_CERT +must be [^>]+-> to name a file, set CACHE_CERT_FILE\n/,
      ],
      [
        'the path of a key as text',
        () => ({ CACHE_KEY: '/etc/canary/client.key' }),
        /CACHE_KEY +must be a private key [^>]+-> to name a file, set CACHE_KEY_FILE\n/,
      ],
      [
        'a key that is too short for TLS',
        () => ({ CACHE_CERT: made().weak.certificate, CACHE_KEY: made().weak.key }),
        /CACHE_CERT +is not accepted by OpenSSL, as with an RSA key below 2048 bits/,
      ],
      [
        'a certificate that is cut off',
        ({ CACHE_CA }) => ({ CACHE_CA: CACHE_CA.replace(bodyOf(CACHE_CA), '') }),
        /CACHE_CA +has a certificate that cannot be read \(number 1\)/,
      ],
      [
        'a CA that has expired',
        () => ({ CACHE_CA: made().expired.certificate }),
        /CACHE_CA +expired on \d{4}-\d\d-\d\d [^>]+-> replace it with a valid certificate/,
      ],
      [
        'a certificate that has expired',
        () => ({ CACHE_CERT: made().expired.certificate, CACHE_KEY: made().expired.key }),
        /CACHE_CERT +expired on/,
      ],
      [
        'a private key among certificates, which are shown',
        ({ CACHE_CERT, CACHE_KEY }) => ({ CACHE_CERT: CACHE_CERT + CACHE_KEY }),
        /CACHE_CERT +contains a private key/,
      ],
      [
        'a key of another certificate',
        () => ({ CACHE_KEY: made().another.key }),
        /CACHE_CERT +does not begin with the certificate of this key/,
      ],
      [
        'a certificate without its key',
        () => ({ CACHE_KEY: '' }),
        /CACHE_CERT +is set, but CACHE_KEY is not/,
      ],
      [
        'a key without its certificate',
        () => ({ CACHE_CERT: '' }),
        /CACHE_KEY +is set, but CACHE_CERT is not/,
      ],
      [
        'a certificate as key',
        ({ CACHE_CERT }) => ({ CACHE_KEY: CACHE_CERT }),
        /CACHE_KEY +must be a private key/,
      ],
      [
        'a URL without TLS',
        () => ({ CACHE_URL: 'redis://cache.example' }),
        /CACHE_CA +is set, but CACHE_URL does not use TLS/,
      ],
      [
        'memcached',
        () => ({ CACHE_URL: 'memcached://cache.example' }),
        /CACHE_CA +is set, but the client of memcached/,
      ],
    ])('are refused with %s, and no report quotes them', (_name, change, text) => {
      const env = { ...valid(), ...change(valid()) };
      const report = reportOf(() => ProductionConfig.load(env));
      expect(report).toMatch(text);
      expect(report).toContain('1 problem ');
      for (const pem of [made().client, made().another, made().expired, made().weak]) {
        expect(report).not.toContain(bodyOf(pem.key));
        expect(report).not.toContain(bodyOf(pem.certificate));
      }
      expect(report).not.toContain('canary');
    });

    it('are refused with a key that has a passphrase', () => {
      const { CACHE_KEY: _key, ...rest } = valid();
      const report = reportOf(() => ProductionConfig.load({ ...rest, CACHE_KEY_FILE: made().locked }));
      expect(report).toMatch(/CACHE_KEY +is encrypted with a passphrase/);
    });

    it('may be picked one by one', () => {
      expect(ProductionConfig.pick('CACHE_CERT').load(valid()).CACHE_CERT).toBe(made().client.certificate);
    });

    it('show the key in no output of the configuration, and not in that of the cache', () => {
      const config = ProductionConfig.load(valid());
      const cache = config.getCacheConfig();
      const outputs = [config, cache, config.explain(), { ...config }, { ...cache }].flatMap((value) => [
        JSON.stringify(value),
        inspect(value, { depth: 9, showHidden: true }),
      ]);
      for (const output of outputs) expect(output).not.toContain(bodyOf(made().client.key));
      expect(JSON.parse(JSON.stringify(cache))).toMatchObject({ url: '[redacted]', tls: '[redacted]' });
    });

    it('are refused by getCacheConfig() if an override has a URL without TLS', () => {
      class Plain extends ProductionConfig {
        override buildCacheConfig(): CacheConfig {
          return { ...super.buildCacheConfig(), url: 'redis://cache.example' };
        }
      }
      expect(() => Plain.load(valid()).getCacheConfig()).toThrow(ConfigDefinitionError);
    });
  },
);
