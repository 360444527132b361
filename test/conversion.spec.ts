import fc from 'fast-check';
import Joi, { type AnySchema } from 'joi';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Env, ProductionConfig, Secret, type Environment } from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';

/** A class with one setting VALUE of this rule, and a MODE. */
function classOf(rule: AnySchema, declare: typeof Env = Env) {
  class Single extends ProductionConfig {
    @Env(Joi.string().optional())
    readonly MODE?: string;

    declare readonly VALUE: unknown;
  }
  declare(rule as AnySchema<unknown>)(Single.prototype, 'VALUE');
  return Single;
}

const load = (rule: AnySchema, env: Environment) => classOf(rule).load({ SECRET_KEY, ...env });
const read = (rule: AnySchema, text: string) => load(rule, { VALUE: text }).VALUE;

const folder = mkdtempSync(join(tmpdir(), 'conversion-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('an empty value', () => {
  const branch = (then: AnySchema, otherwise: AnySchema) =>
    Joi.string().optional().when('MODE', { is: 'open', then, otherwise });

  it.each<[string, AnySchema, string, unknown]>([
    ['is preserved if the rule allows it', Joi.string().allow(''), '', ''],
    ['takes precedence over the default if the rule allows it', Joi.string().allow('').default('x'), '', ''],
    ['is preserved if the rule lists it', Joi.string().valid('', 'a').default('a'), '', ''],
    ['is preserved if the rule also allows null', Joi.string().allow(null, ''), '', ''],
    ['is preserved for a number', Joi.number().allow(''), '', ''],
    ['is preserved for a list', Joi.array().allow(''), '', ''],
    ['is preserved for a boolean', Joi.boolean().allow(''), '', ''],
    ['may consist of white space', Joi.string().min(3).allow(''), ' \t', ''],
    [
      'is preserved if one of several alternatives allows it',
      Joi.alternatives(Joi.number(), Joi.string().allow('')),
      '',
      '',
    ],
    ['is unset if the rule does not allow it', Joi.string().default('x'), '', 'x'],
    ['is unset if the rule declares it as empty', Joi.string().allow('').empty('').default('x'), '', 'x'],
    [
      'is unset in another branch of .when()',
      branch(Joi.string().allow(''), Joi.string().default('x')),
      '',
      'x',
    ],
  ])('%s', (_what, rule, text, value) => {
    expect(read(rule, text)).toBe(value);
  });

  it('is preserved in the branch of .when() that allows it, and missing in the other', () => {
    const rule = branch(Joi.string().allow(''), Joi.string().required());
    expect(load(rule, { MODE: 'open', VALUE: '' }).VALUE).toBe('');
    expect(reportOf(() => load(rule, { MODE: 'shut', VALUE: '' }))).toMatch(/VALUE +is missing/);
  });

  it('of a secret is also preserved from a file, and an empty variable yields to a file', () => {
    const type = classOf(Joi.string().allow(''), Secret);
    const empty = join(folder, 'empty');
    const full = join(folder, 'full');
    writeFileSync(empty, '\n');
    writeFileSync(full, 'secret\n');
    expect(type.load({ SECRET_KEY, VALUE: '\n' }).VALUE).toBe('');
    expect(type.load({ SECRET_KEY, VALUE_FILE: empty }).VALUE).toBe('');
    expect(type.load({ SECRET_KEY, VALUE: '', VALUE_FILE: full }).VALUE).toBe('secret');
    expect(reportOf(() => classOf(Joi.string(), Secret).load({ SECRET_KEY, VALUE_FILE: empty }))).toContain(
      'is empty',
    );
  });

  it('has the origin of its source if it is preserved, and that of the default if it is unset', () => {
    const originOf = (rule: AnySchema) =>
      load(rule, { VALUE: '' })
        .explain()
        .find(({ name }) => name === 'VALUE')!.origin;
    expect(originOf(Joi.string().allow('').default('x'))).toBe('environment');
    expect(originOf(Joi.string().allow('').empty('').default('x'))).toBe('default');
  });
});

describe('text is converted as the rule requires, at any depth of the rule', () => {
  const list = Joi.array().items(Joi.string());
  it.each<[string, AnySchema, string, unknown]>([
    ['booleans in a list', Joi.array().items(Joi.boolean()), 'yes, NO,1,off', [true, false, true, false]],
    ['booleans in an object', Joi.object({ a: Joi.boolean() }), '{"a":"on"}', { a: true }],
    [
      'a boolean with a string as the alternative',
      Joi.alternatives(Joi.boolean(), Joi.string()),
      'off',
      false,
    ],
    ['a number with a boolean as the alternative', Joi.alternatives(Joi.boolean(), Joi.number()), '1', 1],
    [
      'a list with a word as the alternative',
      Joi.alternatives(Joi.string().valid('*'), list),
      'a, b',
      ['a', 'b'],
    ],
    ['a word with a list as the alternative', Joi.alternatives(Joi.string().valid('*'), list), '*', '*'],
    ['a list with a number as the alternative', Joi.alternatives(Joi.number(), list), '["a,b"]', ['a,b']],
    [
      'an object with a number as the alternative',
      Joi.alternatives(Joi.number(), Joi.object({ a: Joi.number() })),
      '{"a":"1"}',
      { a: 1 },
    ],
    ['lists in lists', Joi.array().items(Joi.array().items(Joi.number())), '[[1],"2,3"]', [[1], [2, 3]]],
    ['objects in lists', Joi.array().items(Joi.object({ a: Joi.number() })), '[{"a":1}]', [{ a: 1 }]],
    [
      'the target of a link',
      Joi.object({ on: Joi.boolean(), next: Joi.link('#n') }).id('n'),
      '{"next":{"on":"no"}}',
      { next: { on: false } },
    ],
    ['properties of any name', Joi.object().pattern(/./, Joi.boolean()), '{"a":"yes"}', { a: true }],
    [
      'a branch of .when()',
      Joi.when('MODE', { is: Joi.exist(), then: Joi.string(), otherwise: Joi.array().items(Joi.boolean()) }),
      'no,yes',
      [false, true],
    ],
    ['a word that a list allows', list.allow('none'), 'none', 'none'],
    ['a word that a boolean allows', Joi.boolean().allow('on'), 'on', 'on'],
    ['a sorted list', Joi.array().sort({ order: 'ascending' }).items(Joi.number()), '3,1,2', [1, 2, 3]],
    ['addresses in brackets', list, '[::1]:80, [2001:db8::1]', ['[::1]:80', '[2001:db8::1]']],
    ['patterns in brackets', list, '[a-z]+,[0-9]*', ['[a-z]+', '[0-9]*']],
  ])('%s', (_what, rule, text, value) => {
    expect(read(rule, text)).toEqual(value);
  });

  it.each(['[', '["a","b",]', '["a" "b"]', '[a,b]', "['a','b']", '[1,2', '["a","b"', '[{"a":1}', '["a"]]'])(
    'invalid JSON is reported as such: %s',
    (text) => {
      for (const rule of [list, Joi.alternatives(Joi.number(), list), Joi.array().items(Joi.number())]) {
        expect(reportOf(() => read(rule, text))).toContain('is not valid JSON: write ["a", "b"]');
      }
    },
  );

  it.each(['{', '{"a":1,}', "{'a':1}", '{"a":1', '{a:1}'])(
    'an invalid object is reported as such: %s',
    (text) => {
      expect(reportOf(() => read(Joi.object(), text))).toContain(
        'is not valid JSON: write {"name": "value"}',
      );
    },
  );
});

/** A rule, a value that it accepts, and a text that a person writes for the value. */
interface Case {
  readonly rule: AnySchema;
  readonly value: unknown;
  readonly text: string;
  /** As a part of a JSON document. */
  readonly json: unknown;
}

const word = fc.string({ unit: fc.constantFrom(...'abcdxyz'), minLength: 3, maxLength: 6 });

const scalar: fc.Arbitrary<Case> = fc.oneof(
  fc
    .tuple(fc.boolean(), fc.nat(3), fc.constantFrom('lower' as const, 'upper' as const, 'title' as const))
    .map(([value, index, style]) => {
      const name = (value ? ['true', '1', 'yes', 'on'] : ['false', '0', 'no', 'off'])[index]!;
      const title = name.slice(0, 1).toUpperCase() + name.slice(1);
      const text = { lower: name, upper: name.toUpperCase(), title }[style];
      return { rule: Joi.boolean(), value, text, json: index === 0 ? value : text };
    }),
  fc.maxSafeInteger().map((value) => ({ rule: Joi.number(), value, text: String(value), json: value })),
  word.map((value) => ({ rule: Joi.string(), value, text: value, json: value })),
  word.map((value) => ({ rule: Joi.string().valid(value), value, text: value, json: value })),
);

const { any } = fc.letrec<{ any: Case; list: Case; object: Case; wrapped: Case }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('list'),
    tie('object'),
    tie('wrapped'),
  ),
  list: fc.oneof(
    fc
      .tuple(scalar, fc.integer({ min: 1, max: 4 }), fc.constantFrom(',', ', ', '\n', ' ,\n'))
      .map(([{ rule, value, text, json }, times, comma]) => ({
        rule: Joi.array().items(rule),
        value: Array.from({ length: times }, () => value),
        text: Array.from({ length: times }, () => text).join(comma),
        json: Array.from({ length: times }, () => json),
      })),
    fc.tuple(tie('any'), fc.integer({ min: 1, max: 3 })).map(([item, times]) => {
      const json = Array.from({ length: times }, () => item.json);
      return {
        rule: Joi.array().items(item.rule),
        value: Array.from({ length: times }, () => item.value),
        text: JSON.stringify(json),
        json,
      };
    }),
  ),
  object: fc.tuple(tie('any'), tie('any')).map(([a, b]) => {
    const json = { a: a.json, b: b.json };
    return {
      rule: Joi.object({ a: a.rule, b: b.rule }),
      value: { a: a.value, b: b.value },
      text: JSON.stringify(json),
      json,
    };
  }),
  wrapped: fc
    .tuple(
      tie('any'),
      fc.constantFrom(
        'before' as const,
        'after' as const,
        'when' as const,
        'otherwise' as const,
        'switch' as const,
      ),
    )
    .map(([inner, how]) => {
      const { rule } = inner;
      // No generated value has this form.
      const other = Joi.string().valid('another form');
      const wrapped = {
        before: () => Joi.alternatives(rule, other),
        after: () => Joi.alternatives(other, rule),
        when: () => Joi.when(Joi.ref('/MODE'), { is: 'm', then: rule, otherwise: other }),
        otherwise: () => Joi.when(Joi.ref('/MODE'), { is: 'n', then: other, otherwise: rule }),
        switch: () =>
          Joi.when(Joi.ref('/MODE'), {
            switch: [
              { is: 'n', then: other },
              { is: 'm', then: rule },
            ],
          }),
      }[how]();
      return { ...inner, rule: wrapped };
    }),
}));

it('text that a person writes for a value of the rule is read as that value', () => {
  fc.assert(
    fc.property(any, ({ rule, value, text }) => {
      expect(load(rule, { MODE: 'm', VALUE: text }).VALUE).toEqual(value);
    }),
    { numRuns: 500 },
  );
});
