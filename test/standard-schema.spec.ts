import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigGroup,
  Env,
  Group,
  ProductionConfig,
  Secret,
  type Environment,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';

class LimitsConfig extends ConfigGroup {
  @Env(z.coerce.number().int().min(1).default(5))
  readonly perMinute!: number;

  @Env(z.enum(['eu', 'us']).optional())
  readonly region?: 'eu' | 'us';
}

class AppConfig extends ProductionConfig {
  @Env(z.coerce.number().int().max(10), { about: 'How many workers run' })
  readonly WORKERS!: number;

  @Env(v.pipe(v.string(), v.transform(Number), v.number(), v.maxValue(100)))
  readonly PERCENT!: number;

  @Env(type("'debug' | 'release'"))
  readonly MODE!: 'debug' | 'release';

  @Env(z.string().transform((text) => text.split(' ')))
  readonly WORDS!: readonly string[];

  @Secret(z.string().regex(/^key_/, 'canary message'))
  readonly API_KEY!: string;

  @Group(LimitsConfig)
  readonly limits!: LimitsConfig;
}

const ENV: Environment = {
  NODE_ENV: 'production',
  SECRET_KEY,
  WORKERS: '3',
  PERCENT: '50',
  MODE: 'release',
  WORDS: 'a b',
  API_KEY: 'key_canary_0123456789',
};

describe('a rule of another library', () => {
  it('converts values, and is typed by its output', () => {
    const config = AppConfig.load({ ...ENV, LIMITS_REGION: 'eu' });
    const { WORKERS, PERCENT, MODE, WORDS, limits } = config;
    const typed: [number, number, 'debug' | 'release', readonly string[], number, string | undefined] = [
      WORKERS,
      PERCENT,
      MODE,
      WORDS,
      limits.perMinute,
      limits.region,
    ];
    expect(typed).toEqual([3, 50, 'release', ['a', 'b'], 5, 'eu']);
    expect(Object.isFrozen(WORDS)).toBe(true);
    expect(config.explain().find(({ name }) => name === 'LIMITS_PER_MINUTE')).toMatchObject({
      origin: 'default',
    });
  });

  it('is required unless it accepts undefined, and a blank is unset', () => {
    const report = reportOf(() => AppConfig.load({ SECRET_KEY, WORKERS: ' ', LIMITS_REGION: ' ' }));
    expect(report).toContain('5 problems');
    for (const name of ['WORKERS', 'PERCENT', 'MODE', 'WORDS', 'API_KEY']) {
      expect(report).toMatch(new RegExp(`${name} +is missing`));
    }
    expect(report).toContain('How many workers run');
  });

  it('says what is wrong in the words of its library, but quotes no value', () => {
    const report = reportOf(() =>
      AppConfig.load({
        ...ENV,
        WORKERS: '11',
        PERCENT: '12345678',
        MODE: 'canary_mode',
        LIMITS_REGION: 'canary',
      }),
    );
    expect(report).toMatch(/WORKERS +is rejected: Too big: expected number to be <=10/);
    expect(report).toMatch(/PERCENT +is rejected: Invalid value/);
    expect(report).toMatch(/MODE +is rejected: must be "debug" or "release"/);
    expect(report).toMatch(/LIMITS_REGION +is rejected: Invalid option: expected one of "eu"\|"us"/);
    expect(report).not.toMatch(/canary|12345678/);
  });

  it('replaces no part of a message that a short value contains by chance', () => {
    const report = reportOf(() => AppConfig.load({ ...ENV, WORKERS: '10000000', LIMITS_REGION: 'eux' }));
    expect(report).toMatch(/WORKERS +is rejected: Too big: expected number to be <=10 /);
    expect(report).toContain('expected one of "eu"|"us"');
    const short = reportOf(() => AppConfig.load({ ...ENV, LIMITS_PER_MINUTE: '0' }));
    expect(short).toMatch(/LIMITS_PER_MINUTE +is rejected: Too small: expected number to be >=1 /);
  });

  it('shows no message for a secret', () => {
    const report = reportOf(() => AppConfig.load({ ...ENV, API_KEY: 'wrong' }));
    expect(report).toMatch(/API_KEY +is rejected by its rule/);
    expect(report).not.toContain('canary');
  });

  it('is refused if it answers asynchronously, or yields what cannot be frozen', () => {
    class Slow extends ProductionConfig {
      @Env(z.string().refine(() => Promise.resolve(true)))
      readonly X!: string;
    }
    class Dated extends ProductionConfig {
      @Env(z.coerce.date())
      readonly X!: Date;
    }
    expect(reportOf(() => Slow.load({ SECRET_KEY, X: 'a' }))).toMatch(/X +.*asynchronously/);
    expect(() => Dated.load({ SECRET_KEY, X: '2026-01-01' })).toThrow('cannot be frozen');
  });
});
