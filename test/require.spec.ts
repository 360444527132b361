import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/run.js';

/** Runs code in the repository, where the built package is resolved by its name. */
function evaluate(code: string, node: readonly string[] = []) {
  const env = { PATH: process.env['PATH'] };
  return spawnSync(process.execPath, [...node, '--eval', code], { cwd: ROOT, env, encoding: 'utf8' });
}

describe.each(['', '/operations', '/swagger', '/testing'])(
  'require() of nestjs-production-config%s',
  (path) => {
    const name = JSON.stringify(`nestjs-production-config${path}`);

    it('returns the same module as import, without a warning', () => {
      const { stdout, stderr } = evaluate(
        `const required = require(${name}); import(${name}).then((it) => console.log(it === required))`,
      );
      expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
    });

    it('throws an error with instructions if Node cannot require() ES modules, and import still works', () => {
      const refused = evaluate(
        `try { require(${name}) } catch (error) { console.log(JSON.stringify(error), error.message) }`,
        ['--no-experimental-require-module'],
      );
      expect(refused.stdout).toContain('"code":"ERR_REQUIRE_UNSUPPORTED"');
      expect(refused.stdout).toContain(
        `Node can do that from 20.19, 22.12 and 24; this is ${process.versions.node}`,
      );
      const imported = evaluate(`import(${name}).then((it) => console.log(Object.keys(it).length > 0))`, [
        '--no-experimental-require-module',
      ]);
      expect(imported.stdout).toBe('true\n');
    });
  },
);

it('the error names the option of Node under which Jest refuses to require() ES modules', () => {
  // Jest throws this code only under that option; without it, and without the line, it throws a SyntaxError.
  const refused = evaluate(
    `globalThis.jest = {}; try { require('nestjs-production-config') } catch ({ message }) { console.log(message) }`,
    ['--no-experimental-require-module'],
  );
  expect(refused.stdout).toContain('run Jest without this option, and with this line');
  expect(refused.stdout).toContain('"transformIgnorePatterns"');
});

it('the Jest line in the error is the one in the documentation', () => {
  const sentence = readFileSync(join(ROOT, 'src/require.cts'), 'utf8');
  const [line] = /"transformIgnorePatterns": \[.*\]/.exec(sentence) ?? [];
  expect(line).toBeDefined();
  expect(readFileSync(join(ROOT, 'docs/faq.md'), 'utf8')).toContain(line);
  const [pattern = ''] = (JSON.parse(`{${line}}`) as { transformIgnorePatterns: string[] })
    .transformIgnorePatterns;
  const ignored = new RegExp(pattern);
  expect('/app/node_modules/nestjs-production-config/dist/index.js').not.toMatch(ignored);
  expect(
    '/app/node_modules/.pnpm/@nestjs+config@12.0.1_x/node_modules/@nestjs/config/dist/index.js',
  ).not.toMatch(ignored);
  expect('/app/node_modules/.pnpm/joi@18.3.2/node_modules/joi/lib/index.js').toMatch(ignored);
  expect('/app/node_modules/joi/lib/index.js').toMatch(ignored);
});
