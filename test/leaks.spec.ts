import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { randomBytes } from 'node:crypto';
import { serialize } from 'node:v8';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Env, ProductionConfig, ProductionConfigModule, Secret } from 'nestjs-production-config';
import { canariesIn, canaryOf, type Output } from './support/canary.js';
import { collect, outputsOf, type Outputs } from './support/canary.outputs.js';
import { expectNoCanary } from './support/canary.sites.js';
import { SECRET_KEY } from './support/keys.js';
import { run } from './support/run.js';

describe('a canary is found', () => {
  const plain = canaryOf(1, 1);
  const odd = `${plain.slice(0, 3)}"\\%+/${plain.slice(3, 6)}'\u00e9<&>\u6f22`;
  const part = plain.slice(20, 32);
  const bytes = Buffer.from(part);
  const ENCODED: Readonly<Record<string, Output>> = {
    'as it is': `SECRET_KEY is ${plain}.`,
    'in part': `...${part}...`,
    'in lower case': `https://${part.toLowerCase()}.example`,
    'in upper case': part.toUpperCase(),
    'as bytes': Buffer.from(plain),
    'as V8 writes it': serialize({ key: plain }),
    'as V8 writes it beside other alphabets': serialize([`${part}\u6f22`]),
    'as V8 writes it, a byte further': serialize([`a${part}\u6f22`, `aa${part}\u6f22`]),
    'in hexadecimal': bytes.toString('hex'),
    'in hexadecimal, upper case': bytes.toString('hex').toUpperCase(),
    'as base64': Buffer.from(plain).toString('base64'),
    'as base64, one byte further': Buffer.from(`a${part}`).toString('base64'),
    'as base64, two bytes further': Buffer.from(`:a${part}b`).toString('base64'),
    'as base64url, in part': Buffer.from(`user:${part}?>?>`).toString('base64url'),
    'as a buffer is inspected': inspect(bytes),
    'as bytes are inspected': inspect(new Uint8Array(Buffer.from(plain))),
    'as a buffer becomes JSON': JSON.stringify(Buffer.from(plain), undefined, 2),
    'broken into lines': `${part.slice(0, 5)}\n    ${part.slice(5)}`,
  };

  it.each(Object.keys(ENCODED))('%s', (name) => {
    expect(canariesIn(ENCODED[name]!, [canaryOf(1, 2), plain])).toEqual([plain]);
  });

  it.each<[string, Output]>([
    ['as it is', odd],
    ['percent-encoded', encodeURIComponent(odd)],
    ['escaped as in JSON', JSON.stringify({ odd })],
    ['as base64', Buffer.from(`\u00e9${odd}`).toString('base64')],
    ['in hexadecimal', Buffer.from(odd).toString('hex')],
    ['as V8 writes it', serialize([odd])],
  ])('with characters that need an escape, %s', (_how, output) => {
    expect(canariesIn(['nothing', output], [odd])).toEqual([odd]);
  });

  it('only where at least 12 characters of it are', () => {
    expect(canariesIn([part.slice(1), bytes.subarray(1).toString('hex'), canaryOf(2, 1)], [plain])).toEqual(
      [],
    );
  });
});

describe('a leak that is easily overlooked', () => {
  const canary = canaryOf(3, 1);
  const small = canary.toLowerCase().replaceAll(/\d/g, 'x');
  const env = { NODE_ENV: 'production', SECRET_KEY };

  it('a rule that throws outside .custom() takes no value along', () => {
    class CountingConfig extends ProductionConfig {
      @Secret(
        Joi.array<string[]>()
          .items(Joi.string())
          .unique((a: string) => {
            throw new Error(`cannot compare ${a}`);
          }),
      )
      readonly TOKENS!: string[];
    }
    const outputs: Outputs = new Map();
    collect(outputs, 'load', () => CountingConfig.load({ ...env, TOKENS: `${canary},${canary}` }));
    expectNoCanary(outputs, [canary]);
  });

  it('a rule that gives the value as a limit is not quoted', () => {
    class LimitConfig extends ProductionConfig {
      @Secret(Joi.string().custom((text: string, helpers) => helpers.error('string.min', { limit: text })))
      readonly TOKEN!: string;
    }
    const outputs: Outputs = new Map();
    collect(outputs, 'load', () => LimitConfig.load({ ...env, TOKEN: canary }));
    expectNoCanary(outputs, [canary]);
  });

  it.each([
    { SECRET_KEY: undefined, SECRET_KEY_FILE: `/${small.slice(0, 20)}/${small.slice(20)}` },
    { SECRET_KEY: undefined, SECRETS_DIR: small },
  ])('a secret in place of a path is not quoted, although it looks like one', (wrong) => {
    const outputs: Outputs = new Map();
    collect(outputs, 'load', () => ProductionConfig.load({ ...env, ...wrong }));
    expectNoCanary(outputs, [small]);
  });

  it('a secret remains secret if a subclass declares it with @Env', () => {
    class OpenConfig extends ProductionConfig {
      @Env(Joi.string())
      declare readonly SECRET_KEY: string;
    }
    const outputs: Outputs = new Map();
    collect(outputs, 'JSON', () => JSON.stringify(OpenConfig.load({ ...env, SECRET_KEY: canary })));
    expectNoCanary(outputs, [canary]);
  });

  it.each([
    `postgres://db.example/app?user=app&password=${canary}`,
    `jdbc:postgresql://db.example/app?user=app&password=${canary}`,
    `https://${canary}@git.example/app`,
    `postgres://app@srv:a@b ${canary}@db.example/app`,
    `postgres://app:1#${canary}/${canary}?${canary}@db.example/app`,
    `postgres://app:${canary}@a.example:5432,b.example:5433/app`,
    `mongodb://app:${canary}@a.example:1,b.example:2/app?replicaSet=r`,
    `https://app: ${canary}@git.example/app`,
    `sqlserver://db.example:1433;user=sa;password={;#@ ${canary}};encrypt=true`,
    `sqlserver://db.example:1433;user=sa;PWD = a #@& ${canary};encrypt=true`,
  ])('a URL that is not secret is shown without its password: %s', (url) => {
    class LinkConfig extends ProductionConfig {
      @Env(Joi.string())
      readonly LINK!: string;
    }
    const outputs: Outputs = new Map();
    collect(outputs, 'JSON', () => JSON.stringify(LinkConfig.load({ ...env, LINK: url })));
    expectNoCanary(outputs, [canary]);
  });

  it.each([
    { DATABASE_TLS: 'verify' },
    { DATABASE_URL: 'postgres://db.example/orders' },
    { DATABASE_CA: 'no certificate' },
    { DATABASE_HOST: undefined },
  ])('the password of a database is not shown, beside %j', (other) => {
    const parts = { DATABASE_HOST: 'db.example', DATABASE_NAME: 'orders', DATABASE_USER: 'app' };
    const outputs: Outputs = new Map();
    collect(outputs, 'load', () => {
      const config = ProductionConfig.load({ ...env, ...parts, DATABASE_PASSWORD: canary, ...other });
      return [JSON.stringify(config), config, config.explain(), config.getDatabaseConfig()];
    });
    expectNoCanary(outputs, [canary]);
  });

  it('the ConfigService hides what a feature of the application loaded', async () => {
    @Module({
      imports: [
        ProductionConfigModule.forRoot({ env }),
        ConfigModule.forFeature(registerAs('vault', () => ({ token: canary }))),
      ],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    expectNoCanary(outputsOf('ConfigService', app.get(ConfigService)), [canary]);
  });

  it("no key stays in the memory that Node's small buffers share", async () => {
    const key = randomBytes(32).toString('hex');
    const script = '.build/test/fixtures/leaks/shared-buffer.app.js';
    const { stdout } = await run(script, { env: { ...env, SECRET_KEY: key } });
    expect(JSON.parse(stdout)).toEqual({ asText: false, asBytes: false });
  });
});
