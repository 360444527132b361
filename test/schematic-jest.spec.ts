import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generated, nestAdd, type Files } from './support/nest-project.js';
import { ROOT } from './support/run.js';

// The output of the Nest 11 CLI, including whitespace.
const E2E = `{
  "moduleFileExtensions": ["js", "json", "ts"],
  "rootDir": ".",
  "transform": {
    "^.+\\\\.(t|j)s$": "ts-jest"
  }
}
`;
const MANIFEST = `{
  "name": "service",
  "jest": {
    "rootDir": "src",
    "testEnvironment": "node"
  }
}
`;
const jestProject = (files: Files = {}): Files => ({
  ...generated(11),
  'package.json': MANIFEST,
  'test/jest-e2e.json': E2E,
  ...files,
});

const PATTERN = '/node_modules/(?!(.pnpm|nestjs-production-config|@nestjs)/)';

describe('nest add for Jest in a CommonJS project', () => {
  it('adds the line that lets Jest load the package to both configuration files, and changes nothing else', async () => {
    const { files, said } = await nestAdd(jestProject());
    const entry = (indent: string) =>
      `"transformIgnorePatterns": [\n${indent}  ${JSON.stringify(PATTERN)}\n${indent}]`;
    expect(files['test/jest-e2e.json']).toBe(E2E.replace('  }\n}', `  },\n  ${entry('  ')}\n}`));
    expect(files['package.json']).toBe(MANIFEST.replace('"node"\n', `"node",\n    ${entry('    ')}\n`));
    expect(said).not.toContain('By hand');
    expect((await nestAdd(files)).files).toEqual(files);
    // The format matches npm's, so that the next install does not change the file.
    const manifest = files['package.json']!;
    expect(manifest).toBe(`${JSON.stringify(JSON.parse(manifest), null, 2)}\n`);
    for (const source of ['src/require.cts', 'docs/faq.md']) {
      expect(readFileSync(join(ROOT, source), 'utf8'), source).toContain(
        `"transformIgnorePatterns": [${JSON.stringify(PATTERN)}]`,
      );
    }
  });

  it('does not change existing patterns, and prints the line', async () => {
    const own = MANIFEST.replace('"rootDir": "src"', '"transformIgnorePatterns": ["/node_modules/(?!uuid)"]');
    const { files, said } = await nestAdd(jestProject({ 'package.json': own }));
    expect(files['package.json']).toBe(own);
    expect(said).toMatch(/By hand\n {2}package\.json: Jest cannot .*\n +"transformIgnorePatterns": \[/);
  });

  it('prints the line if the configuration is code', async () => {
    const code = { 'jest.config.ts': "export default { preset: 'ts-jest' };\n" };
    const { files, said } = await nestAdd({ ...generated(11), ...code });
    expect(files).toMatchObject(code);
    expect(said).toMatch(/By hand\n {2}jest\.config\.ts: Jest cannot .*\n +"transformIgnorePatterns": \[/);
    const told = { 'jest.config.ts': `${code['jest.config.ts']}// nestjs-production-config\n` };
    expect((await nestAdd({ ...generated(11), ...told })).said).not.toContain('By hand');
  });

  it('reads a configuration with a byte order mark', async () => {
    const { files } = await nestAdd(jestProject({ 'test/jest-e2e.json': `\uFEFF${E2E}` }));
    expect(files['test/jest-e2e.json']).toMatch(/^\uFEFF\{[^]*"transformIgnorePatterns": \[/);
  });

  it('changes nothing without a Jest configuration, or in a project of ES modules', async () => {
    const files = { 'package.json': '{ "type": "module", "jest": { "rootDir": "src" } }\n' };
    expect((await nestAdd({ ...generated(12), ...files })).files).toMatchObject(files);
    expect((await nestAdd(generated(11))).files['package.json']).toBe(generated(11)['package.json']);
  });

  it('does not change a configuration file that is not JSON, or that is an empty object', async () => {
    const odd = { 'test/jest-e2e.json': 'module.exports = {}\n' };
    expect((await nestAdd(jestProject(odd))).files).toMatchObject(odd);
    const { files, said } = await nestAdd(jestProject({ 'test/jest-e2e.json': '{}\n' }));
    expect(files['test/jest-e2e.json']).toBe('{}\n');
    expect(said).toContain('test/jest-e2e.json: Jest cannot load this package without');
  });
});
