import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { GROUP_CASES, groupSource } from './support/group-cases.js';
import { ROOT, run } from './support/run.js';
import { swc } from './support/swc.js';

const APP = readFileSync(join(ROOT, 'test/fixtures/groups.app.ts'), 'utf8');
const VALUES = {
  nested: ['mail.example:587', 'canary', true],
  twice: ['bulk.example', null, false],
  absent: true,
  optional: ['b', 'eu', true],
  overridden: ['mail.example:25', 'eu', 'canary', true, true],
  picked: ['bulk.example:587', false],
  standard: [5, 50, 'release'],
  frozen: [true, true, true, true],
  shown: false,
};

async function valuesOf(script: string): Promise<unknown> {
  const { stdout, stderr } = await run(script);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** The oldest TypeScript of the peer range, the one of this project, and the native one. */
const COMPILERS = ['typescript-lowest', 'typescript', 'typescript-native'];
const combinations = COMPILERS.flatMap((compiler) =>
  ['es2021', 'es2023'].flatMap((target) =>
    [true, false].map((useDefineForClassFields) => ({
      compiler,
      target,
      useDefineForClassFields,
      // The defaults of both targets are checked; the other combinations change only the JavaScript.
      isChecked: useDefineForClassFields === (target === 'es2023'),
    })),
  ),
);

describe.each(combinations)(
  'groups under $compiler, $target, useDefineForClassFields $useDefineForClassFields',
  ({ compiler, target, useDefineForClassFields, isChecked }) => {
    // Inside the repository, where the package's own name resolves to the built package.
    const folder = join('.build/group-compilers', compiler, `${target}-${useDefineForClassFields}`);
    const cases = isChecked ? GROUP_CASES : [];
    let said: readonly string[];

    /** One start of the compiler for all files: a case is an ES module, and the service is both kinds of module. */
    beforeAll(async () => {
      rmSync(join(ROOT, folder), { recursive: true, force: true });
      mkdirSync(join(ROOT, folder), { recursive: true });
      const write = (name: string, text: string) => writeFileSync(join(ROOT, folder, name), text);
      for (const [index, [code]] of cases.entries()) write(`${index}.mts`, groupSource(code));
      for (const extension of ['mts', 'cts']) write(`app.${extension}`, APP);
      const compilerOptions = {
        target,
        useDefineForClassFields,
        noCheck: !isChecked,
        module: 'nodenext',
        lib: ['es2023'],
        types: ['node'],
        strict: true,
        declaration: true,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        skipLibCheck: true,
        rootDir: '.',
        outDir: 'out',
      };
      write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.mts', '*.cts'] }));
      const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc');
      const args = [tsc, '--project', join(ROOT, folder), '--pretty', 'false'];
      // It fails, because some cases are wrong.
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: join(ROOT, folder) }).catch(
        (error: { readonly stdout: string }) => error,
      );
      // The lines of an error after its first are indented.
      said = stdout.split(/\n(?=\S)/);
    });

    it.each(cases.map(([code, message], index) => [code, message ?? 'compiles', index] as const))(
      '%s: %s',
      (_code, message, index) => {
        const found = said.filter((text) => text.startsWith(`${index}.mts(`));
        if (message === 'compiles') expect(found).toEqual([]);
        else expect(found.join('\n')).toContain(message);
      },
    );

    it('the service compiles', () => {
      expect(said.filter((text) => !/^\d+\.mts\(/.test(text) && text.trim() !== '')).toEqual([]);
    });

    it.each(['mjs', 'cjs'])('the service loads its values: %s', async (extension) => {
      expect(await valuesOf(join(folder, `out/app.${extension}`))).toEqual(VALUES);
    });
  },
);

describe.each([
  ['es2021', swc('es2021')],
  ['es2021, assigned', swc('es2021', false)],
  ['es2022', swc('es2022')],
  ['es2022, assigned', swc('es2022', false)],
  ['esnext', swc('esnext')],
] as const)('groups under swc, %s', (name, compile) => {
  it('the service loads its values', async () => {
    const folder = join('.build/group-compilers/swc', name.replaceAll(/\W+/g, '-'));
    mkdirSync(join(ROOT, folder), { recursive: true });
    writeFileSync(join(ROOT, folder, 'app.mjs'), compile(APP));
    expect(await valuesOf(join(folder, 'app.mjs'))).toEqual(VALUES);
  });
});
