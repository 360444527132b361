import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { GROUP_CASES, groupSource } from './support/group-cases.js';
import { inMemory, programOf } from './support/type-program.js';

/** The compiler's verdict on a rule: no error, or an error on the line of the decorator or the field. */
type Verdict = 'compiles' | 'refused' | 'field refused';
type Row = readonly [rule: string, field: string, verdict: Verdict];

const rows: Readonly<Record<string, readonly Row[]>> = {
  'text, numbers and booleans': [
    ['Joi.string()', 'readonly X!: string', 'compiles'],
    ['Joi.string().uri().default("https://a.example")', 'readonly X!: string', 'compiles'],
    ['Joi.number()', 'readonly X!: number', 'compiles'],
    ['Joi.number().port().default(3000)', 'readonly X!: number', 'compiles'],
    ['Joi.boolean()', 'readonly X!: boolean', 'compiles'],
    ['Joi.any<bigint>()', 'readonly X!: bigint', 'compiles'],
    ['Joi.string()', 'readonly X!: unknown', 'compiles'],
    ['Joi.string()', 'X!: string', 'compiles'],
    ['Joi.number()', 'readonly X!: string', 'refused'],
    ['Joi.string()', 'readonly X!: number', 'refused'],
    ['Joi.boolean()', 'readonly X!: string', 'refused'],
    ['Joi.string()', 'readonly X!: boolean', 'refused'],
    ['Joi.number()', 'readonly X!: boolean', 'refused'],
    ['Joi.boolean()', 'readonly X!: true', 'refused'],
    ['Joi.number()', 'readonly X!: bigint', 'refused'],
    ['Joi.any<bigint>()', 'readonly X!: number', 'refused'],
    ['Joi.any<bigint>()', 'readonly X!: boolean', 'refused'],
    ['Joi.string()', 'readonly X!: Date', 'refused'],
    ['Joi.date()', 'readonly X!: string', 'refused'],
    ['Joi.string()', 'readonly X!: never', 'refused'],
  ],
  unions: [
    ["Joi.string<'a' | 'b'>().valid('a', 'b')", "readonly X!: 'a' | 'b'", 'compiles'],
    ["Joi.string<'a'>().valid('a')", "readonly X!: 'a' | 'b'", 'compiles'],
    ["Joi.string<'a' | 'b'>().valid('a', 'b')", 'readonly X!: string', 'compiles'],
    ['Joi.number<1 | 2>().valid(1, 2)', 'readonly X!: 1 | 2', 'compiles'],
    ["Joi.any<number | 'auto'>()", "readonly X!: number | 'auto'", 'compiles'],
    ['Joi.number()', "readonly X!: number | 'auto'", 'compiles'],
    ['Joi.string()', "readonly X!: 'a' | 'b'", 'refused'],
    ["Joi.string().valid('a', 'b')", "readonly X!: 'a' | 'b'", 'refused'],
    ["Joi.string<'a' | 'b' | 'c'>()", "readonly X!: 'a' | 'b'", 'refused'],
    ["Joi.string<'a' | 'b'>()", "readonly X!: 'a'", 'refused'],
    ['Joi.number()', 'readonly X!: 1 | 2', 'refused'],
    ["Joi.any<number | 'auto'>()", 'readonly X!: number', 'refused'],
    ["Joi.any<number | 'auto'>()", 'readonly X!: string', 'refused'],
  ],
  lists: [
    ['Joi.array<string[]>().items(Joi.string())', 'readonly X!: readonly string[]', 'compiles'],
    ['Joi.array<readonly string[]>().default([])', 'readonly X!: readonly string[]', 'compiles'],
    ['Joi.array().items(Joi.string())', 'readonly X!: readonly string[]', 'compiles'],
    ['Joi.array().items(Joi.number())', 'readonly X!: readonly number[]', 'compiles'],
    ["Joi.array<('a' | 'b')[]>()", "readonly X!: readonly ('a' | 'b')[]", 'compiles'],
    ['Joi.array<string[]>()', 'readonly X!: number[]', 'refused'],
    ['Joi.array<number[]>()', 'readonly X!: readonly string[]', 'refused'],
    ['Joi.array().items(Joi.string())', 'readonly X!: readonly number[]', 'refused'],
    ['Joi.array().items(Joi.number())', 'readonly X!: readonly string[]', 'refused'],
    ['Joi.array<string[]>()', 'readonly X!: string', 'refused'],
    ['Joi.string()', 'readonly X!: readonly string[]', 'refused'],
    ['Joi.array<string[]>()', "readonly X!: readonly ('a' | 'b')[]", 'refused'],
    ['Joi.array<readonly string[]>()', 'readonly X!: string[]', 'refused'],
  ],
  'optional fields': [
    ['Joi.number().optional()', 'readonly X?: number', 'compiles'],
    ['Joi.number()', 'readonly X?: number', 'compiles'],
    ['Joi.number().optional()', 'readonly X: number | undefined', 'compiles'],
    ["Joi.string<'a' | 'b'>().optional()", "readonly X?: 'a' | 'b'", 'compiles'],
    ['Joi.array<string[]>().optional()', 'readonly X?: readonly string[]', 'compiles'],
    ['Joi.string()', 'readonly X?: number', 'refused'],
    ['Joi.string().optional()', 'readonly X?: number', 'refused'],
    ['Joi.number().optional()', 'readonly X?: string', 'refused'],
    ['Joi.string().optional()', "readonly X?: 'a' | 'b'", 'refused'],
    ['Joi.array<string[]>().optional()', 'readonly X?: readonly number[]', 'refused'],
  ],
  objects: [
    ['Joi.object<{ a: number }>({ a: Joi.number() })', 'readonly X!: { readonly a: number }', 'compiles'],
    ['Joi.object<{ a: number; b: string }>()', 'readonly X!: { readonly a: number }', 'compiles'],
    ['Joi.array<{ a: number }[]>()', 'readonly X!: readonly { readonly a: number }[]', 'compiles'],
    ['Joi.object<{ a: string }>()', 'readonly X!: { readonly a: number }', 'refused'],
    ['Joi.object<{ a: number }>()', 'readonly X!: { readonly a: number; readonly b: string }', 'refused'],
    ['Joi.object<{ a?: number }>()', 'readonly X!: { readonly a: number }', 'refused'],
    ['Joi.object<{ a: number }>()', 'readonly X!: string', 'refused'],
    ['Joi.array<{ a: string }[]>()', 'readonly X!: readonly { readonly a: number }[]', 'refused'],
  ],
  'untyped rules, which would match any field': [
    ['Joi.array()', 'readonly X!: readonly string[]', 'refused'],
    ['Joi.array()', 'readonly X!: unknown', 'refused'],
    ['Joi.object()', 'readonly X!: { readonly a: number }', 'refused'],
    ['Joi.object({ a: Joi.number() })', 'readonly X!: { readonly a: number }', 'refused'],
    ['Joi.any()', 'readonly X!: string', 'refused'],
    ['Joi.any()', 'readonly X?: string', 'refused'],
    ['Joi.alternatives()', 'readonly X!: string', 'refused'],
    ['Joi.array<any[]>()', 'readonly X!: readonly string[]', 'refused'],
  ],
  'private and protected fields': [
    ['Joi.string()', 'private readonly X!: string', 'refused'],
    ['Joi.string()', 'protected readonly X!: string', 'refused'],
  ],
  // load() reads instances, so it would silently ignore such a setting.
  'static fields': [['Joi.string()', 'static readonly X: string', 'refused']],
  'overrides of inherited settings': [
    ['Joi.number().port().default(8080)', 'declare readonly PORT: number', 'compiles'],
    ['Joi.number<80 | 443>().valid(80, 443)', 'declare readonly PORT: 80 | 443', 'compiles'],
    ["Joi.string<'live' | 'test'>()", "declare readonly NODE_ENV: 'live' | 'test'", 'compiles'],
    ['Joi.string().uri()', 'declare readonly DATABASE_URL: string', 'compiles'],
    ['Joi.string()', 'declare readonly PORT: number', 'refused'],
    ['Joi.number()', 'declare readonly PORT: 80 | 443', 'refused'],
    ['Joi.string()', "declare readonly NODE_ENV: 'live' | 'test'", 'refused'],
    ['Joi.boolean()', 'declare readonly LOG_LEVEL: "log"', 'refused'],
    ['Joi.array<number[]>()', 'declare readonly SECRET_KEY_FALLBACKS: readonly string[]', 'refused'],
    ['Joi.string()', 'declare readonly PORT: string', 'field refused'],
    ['Joi.string().optional()', 'declare readonly SECRET_KEY?: string', 'field refused'],
    // Without `declare` the field would be redefined and overwrite the validated value.
    ['Joi.number().port()', 'override readonly PORT!: number', 'field refused'],
  ],
};

/** Unnamed classes that extend a configuration class, whose types the declarations must write out. */
const EXPRESSIONS: Readonly<Record<string, string>> = {
  'a mixin with settings': `
    export function WithMail<Base extends new (...args: any[]) => BaseConfig>(base: Base) {
      class WithMailSettings extends base {
        @Env(Joi.string(), { about: 'Where mail goes' })
        readonly MAIL_HOST!: string;
      }
      return WithMailSettings;
    }
    export class AppConfig extends WithMail(ProductionConfig) {}
    export const host: string = AppConfig.load().MAIL_HOST;`,
  'a mixin of a mixin': `
    const twice = <Base extends new (...args: any[]) => BaseConfig>(base: Base) =>
      class extends (class extends base {}) {};
    export class AppConfig extends twice(DevelopmentConfig) {}
    export const level: string = AppConfig.load().LOG_LEVEL;`,
  'a class expression': 'export const AppConfig = class extends ProductionConfig {};',
  'a class returned by a function': 'export const configOf = () => class extends BaseConfig {};',
  'a hook overridden in a class expression': `
    export const AppConfig = class extends ProductionConfig {
      override buildCacheConfig(): CacheConfig {
        return { ...super.buildCacheConfig(), maxEntries: 10 };
      }
    };`,
};

const decorators = ['Env', 'Secret'] as const;
const LINES = { compiles: [], refused: [3], 'field refused': [4] };

const sourceOf = (decorator: string, [rule, field]: Row) =>
  [
    `import Joi from 'joi';`,
    `import { ${decorator}, ProductionConfig } from 'nestjs-production-config';`,
    `export class AppConfig extends ProductionConfig {`,
    `  @${decorator}(${rule})`,
    `  ${field};`,
    `}`,
  ].join('\n');

describe('a rule that does not yield the type of its field does not compile', () => {
  const all = Object.values(rows).flat();
  const pathOf = (decorator: string, row: Row) => inMemory(`${decorator}.${all.indexOf(row)}`);

  let program: ts.Program;
  beforeAll(() => {
    program = programOf(
      new Map(
        decorators.flatMap((name) => all.map((row) => [pathOf(name, row), sourceOf(name, row)] as const)),
      ),
    );
  });

  function diagnosticsOf(decorator: string, row: Row): { line: number; text: string }[] {
    const file = program.getSourceFile(pathOf(decorator, row))!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start = 0, messageText }) => ({
        line: file.getLineAndCharacterOfPosition(start).line,
        text: ts.flattenDiagnosticMessageText(messageText, '\n'),
      }),
    );
  }

  describe.each(Object.entries(rows))('%s', (_topic, table) => {
    describe.each(decorators)('@%s', (decorator) => {
      it.for(table)('%s on `%s` %s', (row) => {
        const found = diagnosticsOf(decorator, row);
        const lines = found.map(({ line }) => line);
        expect(lines, found.map(({ text }) => text).join('\n')).toEqual(LINES[row[2]]);
      });
    });
  });

  it('the error message shows the type that the rule yields', () => {
    const row = all.find(([rule, field]) => rule === 'Joi.number()' && field === 'readonly X!: string')!;
    expect(diagnosticsOf('Env', row)[0]?.text).toContain("'the rule yields': number");
  });

  it('the error message asks for a type argument if the rule has none', () => {
    const row = all.find(([rule]) => rule === 'Joi.array()')!;
    expect(diagnosticsOf('Env', row)[0]?.text).toContain('the rule needs a type argument');
  });
});

describe('a field with @Group', () => {
  const pathOf = (index: number) => inMemory(`group.${index}`);

  let program: ts.Program;
  beforeAll(() => {
    program = programOf(new Map(GROUP_CASES.map(([code], index) => [pathOf(index), groupSource(code)])));
  });

  it.each(GROUP_CASES.map(([code, message = 'compiles'], index) => [code, message, index] as const))(
    '%s: %s',
    (_code, message, index) => {
      const file = program.getSourceFile(pathOf(index))!;
      const diagnostics = [
        ...program.getSemanticDiagnostics(file),
        ...program.getDeclarationDiagnostics(file),
      ];
      const found = diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
      if (message === 'compiles') expect(found).toEqual([]);
      else expect(found.join('\n')).toContain(message);
    },
  );
});

describe('a configuration class compiles with declarations, as in projects generated by Nest', () => {
  const IMPORTS = `import Joi from 'joi';
    import { BaseConfig, DevelopmentConfig, Env, ProductionConfig, type CacheConfig } from 'nestjs-production-config';`;
  const pathOf = (form: string) => inMemory(`declared.${Object.keys(EXPRESSIONS).indexOf(form)}`);

  let program: ts.Program;
  beforeAll(() => {
    const sources = Object.entries(EXPRESSIONS).map(([form, source]) => [pathOf(form), IMPORTS + source]);
    program = programOf(new Map(sources as [string, string][]));
  });

  it.for(Object.keys(EXPRESSIONS))('%s', (form) => {
    expect(program.getCompilerOptions().declaration).toBe(true);
    const file = program.getSourceFile(pathOf(form))!;
    const found = [...program.getSemanticDiagnostics(file), ...program.getDeclarationDiagnostics(file)];
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });
});
