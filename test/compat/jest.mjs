// Installs the packed tarball in the projects that Nest's own command makes, and runs their tests as they come:
// Jest on Nest 11, with each set of companions, and Vitest on Nest 12. Takes some minutes and needs npm's registry.
import { execFileSync, spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'generated-'));
const env = { PATH: process.env.PATH, HOME: process.env.HOME, CI: 'true', NO_COLOR: '1' };
const quietly = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
const install = (cwd, ...packages) => quietly(cwd, 'npm', 'install', '--no-audit', '--no-fund', ...packages);

try {
  quietly(root, 'npm', 'pack', '--pack-destination', folder);
  const [tarball] = readdirSync(folder);

  const nest11 = generate(11);
  install(nest11, `../${tarball}`);
  const line = lineOf(run(nest11, 'npm', 'test'));
  assert.ok(readFileSync(join(root, 'docs/faq.md'), 'utf8').includes(line), 'docs/faq.md has another line');
  setLine(join(nest11, 'package.json'), ({ jest }) => jest, line);
  setLine(join(nest11, 'test/jest-e2e.json'), (config) => config, line);
  passes(nest11, 'Tests: +3 passed, 3 total', 'Tests: +1 passed, 1 total');

  const older = ['@nestjs/config@4', '@nestjs/cache-manager@3', 'cache-manager@7'];
  install(nest11, ...older);
  passes(nest11, 'Tests: +3 passed, 3 total', 'Tests: +1 passed, 1 total');

  const nest12 = generate(12);
  install(nest12, `../${tarball}`);
  passes(nest12, 'Tests +3 passed', 'Tests +1 passed');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A new project of this major version of Nest, with a list, settings of its own and a test of both. */
function generate(major) {
  const name = `nest${major}`;
  const options = ['--skip-git', '--skip-install', '--package-manager', 'npm'];
  if (major > 11) options.push('--no-observe');
  quietly(folder, 'npx', '--yes', `@nestjs/cli@${major}`, 'new', name, ...options);
  const project = join(folder, name);
  const extension = major > 11 ? '.js' : '';
  const sources = join(root, 'test/compat/jest');
  for (const file of readdirSync(sources)) {
    const text = readFileSync(join(sources, file), 'utf8');
    writeFileSync(
      join(project, 'src', basename(file, '.txt')),
      text.replaceAll(/'(\.\/app\.\w+)'/g, `'$1${extension}'`),
    );
  }
  edit(join(project, 'test/app.e2e-spec.ts'), (text) =>
    [
      `import { testConfig } from 'nestjs-production-config/testing';`,
      `import { AppConfig } from './../src/app.config${extension}';`,
      text.replace(
        '}).compile();',
        `}).overrideProvider(AppConfig).useValue(testConfig(AppConfig, { INVOICE_URL: 'https://example.org' })).compile();`,
      ),
    ].join('\n'),
  );
  return project;
}

/** Without the line the tests fail, and say which one it is. */
function lineOf({ status, output }) {
  assert.notEqual(status, 0, 'Jest loaded ES modules without a line');
  assert.match(output, /RequireError: nestjs-production-config is made of ES modules/);
  const [line] = output.match(/"transformIgnorePatterns": \[.*\]/) ?? [];
  assert.ok(line, output);
  return line;
}

function setLine(file, where, line) {
  edit(file, (text) => {
    const config = JSON.parse(text);
    Object.assign(where(config), JSON.parse(`{${line}}`));
    return JSON.stringify(config, undefined, 2);
  });
}

function passes(project, unit, e2e) {
  for (const [script, figures] of [
    ['test', unit],
    ['test:e2e', e2e],
  ]) {
    const { status, output } = run(project, 'npm', 'run', script);
    assert.equal(status, 0, output);
    assert.match(output, new RegExp(figures));
  }
  const version = (name) =>
    JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8')).version;
  const versions = ['@nestjs/core', '@nestjs/config', '@nestjs/cache-manager'].map(
    (name) => `${name} ${version(name)}`,
  );
  process.stdout.write(`unit and e2e tests pass: ${versions.join(', ')}\n`);
}

function run(cwd, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

function edit(file, change) {
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}
