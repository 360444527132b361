import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { swc } from './support/swc.js';

type Compile = (source: string) => string;

function tsc(options: ts.CompilerOptions): Compile {
  const compilerOptions: ts.CompilerOptions = {
    module: ts.ModuleKind.ES2022,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    ...options,
  };
  return (source) => ts.transpileModule(source, { compilerOptions }).outputText;
}

const { ES2021, ES2022, ES2023, ESNext } = ts.ScriptTarget;
const { CommonJS } = ts.ModuleKind;

// A compiler that defines fields sets each one to undefined after the constructor of the base class.
const compilers: readonly { name: string; compile: Compile; definesFields: boolean }[] = [
  { name: 'tsc-es2021.js', compile: tsc({ target: ES2021 }), definesFields: false },
  { name: 'tsc-es2022.js', compile: tsc({ target: ES2022 }), definesFields: true },
  {
    name: 'tsc-es2022-commonjs.cjs',
    compile: tsc({ target: ES2022, module: CommonJS }),
    definesFields: true,
  },
  {
    name: 'tsc-es2022-assigned.js',
    compile: tsc({ target: ES2022, useDefineForClassFields: false }),
    definesFields: false,
  },
  { name: 'tsc-es2023.js', compile: tsc({ target: ES2023 }), definesFields: true },
  { name: 'tsc-esnext.js', compile: tsc({ target: ESNext }), definesFields: true },
  { name: 'swc-es2021.js', compile: swc('es2021'), definesFields: true },
  { name: 'swc-es2021-assigned.js', compile: swc('es2021', false), definesFields: false },
  { name: 'swc-es2022.js', compile: swc('es2022'), definesFields: true },
  { name: 'swc-es2022-assigned.js', compile: swc('es2022', false), definesFields: false },
  { name: 'swc-esnext.js', compile: swc('esnext'), definesFields: true },
];

const source = readFileSync(new URL('fixtures/class-fields.app.ts', import.meta.url), 'utf8');
// Inside the repository, where the package's own name resolves to the built package.
const folder = fileURLToPath(new URL('../.build/compile-targets/', import.meta.url));
const run = promisify(execFile);

describe.each(compilers)('subclass fields work: $name', ({ name, compile, definesFields }) => {
  let code: string;
  let seen: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    code = compile(source);
    writeFileSync(`${folder}${name}`, code);
    const { stdout } = await run(process.execPath, [`${folder}${name}`]);
    seen = JSON.parse(stdout) as typeof seen;
  });

  it(`the compiler ${definesFields ? 'defines' : 'does not define'} the fields`, () => {
    const defined = /^\s*INVOICE_URL;$/m.test(code) || code.includes('_define_property(this, "INVOICE_URL"');
    expect(defined).toBe(definesFields);
  });

  it('new settings have the value from the environment or their default', () => {
    expect(seen['own']).toEqual(['https://invoices.example', 10, 0.5, ['eu', 'us'], 'sk_test_0123456789']);
  });

  it('an unset optional setting is undefined', () => {
    expect(seen['optional']).toBe(true);
    expect(seen['inheritedOptional']).toBe(true);
  });

  it('`declare readonly` overrides an inherited setting', () => {
    expect(seen['overridden']).toBe(8080);
  });

  it('inherited settings keep their values and defaults', () => {
    expect(seen['inherited']).toEqual([20, 20, 4096, 'log']);
  });

  it('the getters read the settings of the subclass', () => {
    expect(seen['hook']).toBe(1000);
  });

  it('a subclass of the subclass has its own settings and those of all ancestors', () => {
    expect(seen['grandchild']).toEqual(['slow', ['eu'], 8080, 'sk_test_0123456789']);
  });

  it('the instance and its lists are frozen', () => {
    expect(seen['frozen']).toEqual([true, true, true]);
  });

  it('a secret is neither enumerated nor shown', () => {
    expect(seen['shown']).toEqual([false, '[redacted]']);
  });

  it('an initialiser is a definition error', () => {
    expect(seen['initialised']).toEqual(
      Array.from({ length: 3 }, () => 'ConfigDefinitionError ERR_CONFIG_DEFINITION'),
    );
  });

  it('assignment throws', () => {
    expect(seen['assigned']).toEqual(Array.from({ length: 7 }, () => 'TypeError'));
    expect(seen['assignedItem']).toBe('TypeError');
  });

  it('`new` throws', () => {
    expect(seen['constructed']).toBe('ConfigDefinitionError ERR_CONFIG_DEFINITION');
  });
});
