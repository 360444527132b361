import fc from 'fast-check';
import Joi, { type AnySchema } from 'joi';
import { describe, expect, it } from 'vitest';
import {
  byteSize,
  duration,
  Env,
  type HostPort,
  hostPort,
  json,
  list,
  oneOf,
  port,
  ProductionConfig,
  url,
} from 'nestjs-production-config';
import { renderEnvExample } from '../src/cli/env-example.text.js';
import { shapeOf } from '../src/config/index.js';
import { SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';

function load(rule: AnySchema, text?: string): unknown {
  class Config extends ProductionConfig {
    declare readonly VALUE: unknown;
  }
  Env(rule as AnySchema<unknown>)(Config.prototype, 'VALUE');
  return Config.load({ SECRET_KEY, ...(text === undefined ? {} : { VALUE: text }) }).VALUE;
}

/** What the report says of the value. */
function refusal(rule: AnySchema, text: string): string {
  const report = reportOf(() => load(rule, text));
  expect(report).toContain('1 problem');
  return /^ +VALUE +(.*?) {2,}from/m.exec(report)![1]!;
}

describe('duration()', () => {
  it.each([
    ['90s', 90],
    ['15m', 900],
    ['15 min', 900],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1.5h', 5400],
    ['0.1h', 360],
    ['3650d', 315_360_000],
    ['2 days', 172_800],
    ['1W', 604_800],
    ['1000ms', 1],
    ['45', 45],
    [' 45 ', 45],
    ['0', 0],
  ])('reads %s as %d seconds', (text, seconds) => {
    expect(load(duration('s'), text)).toBe(seconds);
  });

  it('reads plain numbers in its unit', () => {
    expect([load(duration('ms'), '45'), load(duration('ms'), '45s')]).toEqual([45, 45_000]);
  });

  it.each(['15x', 'm', '1h1h', '30m1h', '1h 30', '-5m', '5m-', '1e3s', 'P1D', '1,5h', '5m;'])(
    'refuses %s',
    (text) => {
      expect(refusal(duration('s'), text)).toBe(
        'must be a duration such as 90s, 15m or 2h, or a number of seconds',
      );
    },
  );

  it('refuses a part of its unit, and what its limits exclude', () => {
    expect(refusal(duration('s'), '1500ms')).toBe('must be whole seconds');
    expect(refusal(duration('s').min(60).max(3600), '2h')).toBe('must be a whole number from 60 to 3600');
    expect(load(duration('s').min(60).default(900))).toBe(900);
  });

  it.each(['-5', '1.5'])('refuses %s, which is not a whole number of its unit', (text) => {
    expect(refusal(duration('s'), text)).toBe('must be a whole number, at least 0');
  });

  it('reads every sum of units as that many milliseconds', () => {
    const amount = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(amount, amount, amount, amount, (d, h, m, s) => {
        const expected = (((d * 24 + h) * 60 + m) * 60 + s) * 1000;
        expect(load(duration('ms'), `${d}d${h}h${m}m${s}s`)).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('works in a list and as an alternative', () => {
    expect(load(list(duration('s')), '5s, 1m')).toEqual([5, 60]);
    expect(load(Joi.alternatives(oneOf('never'), duration('s')), '1m')).toBe(60);
    expect(load(Joi.alternatives(oneOf('never'), duration('s')), 'never')).toBe('never');
  });
});

describe('byteSize()', () => {
  it.each([
    ['64mb', 64 * 2 ** 20],
    ['512KiB', 512 * 1024],
    ['1g', 2 ** 30],
    ['1048576', 1_048_576],
  ])('reads %s as %d', (text, bytes) => {
    expect(load(byteSize(), text)).toBe(bytes);
  });

  it.each(['64xb', 'mb', '-1'])('refuses %s', (text) => {
    expect(refusal(byteSize(), text)).toMatch(/^must be (?:a size such as 64mb|a whole number, at least 0)/);
  });
});

describe('port()', () => {
  it('reads a port', () => {
    expect(load(port(), '8080')).toBe(8080);
    expect(refusal(port(), '70000')).toBe('must be a port, from 0 to 65535');
  });
});

describe('url()', () => {
  it.each([
    'https://api.example/v1?x=1',
    'http://localhost:3000',
    'http://[::1]:80/',
    'redis://user:p%23ss@cache:6379/0',
    'amqps://queue.example/vhost',
    'smtp://mail.example:587',
  ])('accepts %s', (text) => {
    expect(load(url(), ` ${text} `)).toBe(text);
  });

  it.each([
    'api.example',
    'https:/api.example',
    'https://',
    'https://a b',
    'https://a:port',
    'redis://:p#ss@cache:6379',
  ])('refuses %s', (text) => {
    expect(refusal(url(), text)).toMatch(/URL|must be written %23/);
  });

  it('names the schemes that it accepts', () => {
    const rule = url({ schemes: ['HTTPS', 'wss'] });
    expect(load(rule, 'HTTPS://a.example')).toBe('HTTPS://a.example');
    expect(refusal(rule, 'http://a.example')).toBe('must be a URL that begins with https:// or wss://');
  });
});

describe('hostPort()', () => {
  it.each([
    ['db.internal:5432', { host: 'db.internal', port: 5432 }],
    ['[::1]:6379', { host: '::1', port: 6379 }],
    ['10.0.0.5:80', { host: '10.0.0.5', port: 80 }],
  ])('reads %s', (text, value) => {
    expect(load(hostPort(), text)).toEqual(value);
  });

  it('has a standard port if one is given', () => {
    expect(load(hostPort(25), 'mail.example')).toEqual({ host: 'mail.example', port: 25 });
  });

  it.each([
    'db.internal',
    ':5432',
    'a:0',
    'a:99999',
    'http://a:80',
    'a b:80',
    '::1:80',
    'a:80:81',
    'user@a:80',
    'a/b:80',
    'a,b:80',
    'a?x:80',
    'a%20b:80',
  ])('refuses %s', (text) => {
    expect(refusal(hostPort(), text)).toBe('must be a host and a port, such as db.internal:5432');
  });
});

describe('.env.example', () => {
  class Config extends ProductionConfig {
    @Env(hostPort().default({ host: '::1', port: 5432 }))
    readonly DB!: HostPort;

    @Env(list(hostPort()).default([{ host: 'a', port: 1 }]))
    readonly NODES!: readonly HostPort[];

    @Env(json(Joi.string()).default('x'))
    readonly TEXT!: string;
  }

  it('has defaults in the form that their rules read', () => {
    const text = renderEnvExample('Config', shapeOf(Config));
    for (const line of ['# DB=[::1]:5432', '# NODES=a:1', `# TEXT='"x"'`])
      expect(text.split('\n')).toContain(line);
  });
});

describe('list() and oneOf()', () => {
  it('check each item and keep its type', () => {
    const rule = list(oneOf('eu', 'us'));
    const value: readonly ('eu' | 'us')[] = load(rule, 'eu, us') as readonly ('eu' | 'us')[];
    expect(value).toEqual(['eu', 'us']);
    expect(refusal(rule, 'eu,as')).toContain('must be one of eu, us');
  });
});

describe('json()', () => {
  it('reads JSON of any kind, and checks it', () => {
    expect(load(json(), '{"a":[1,null]}')).toEqual({ a: [1, null] });
    expect(load(json(Joi.array<number[]>().items(Joi.number())), '[1,2]')).toEqual([1, 2]);
    expect(load(json(Joi.number()), '5')).toBe(5);
    const limits = json(Joi.object<{ max: number }>({ max: Joi.number().required() }));
    expect(load(limits, '{"max": 3}')).toEqual({ max: 3 });
    expect(refusal(limits, '{"max": "x"}')).toBe('property max must be a number');
    expect(refusal(limits, '{max: 3}')).toContain('is not valid JSON');
    expect(refusal(json(), 'canary')).toBe('is not valid JSON');
  });
});
