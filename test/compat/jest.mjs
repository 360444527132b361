// Installs the packed tarball in the projects that Nest's own command makes, and runs their tests as they come:
// Jest on Nest 11, with each set of companions, and Vitest on Nest 12.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pack, ROOT, succeeded, Workspace } from '../support/consumer.mjs';

const { folder, tarball } = pack();

const nest11 = await generate('11');
succeeded(await nest11.install(tarball));
const line = lineOf(await nest11.run('npm', ['test']));
edit(nest11, 'package.json', (text) => withLine(text, ({ jest }) => jest));
edit(nest11, 'test/jest-e2e.json', (text) => withLine(text, (config) => config));
await passes(nest11, 'Tests: +3 passed, 3 total', 'Tests: +1 passed, 1 total');

succeeded(await nest11.install('@nestjs/config@4', '@nestjs/cache-manager@3', 'cache-manager@7'));
await passes(nest11, 'Tests: +3 passed, 3 total', 'Tests: +1 passed, 1 total');

const nest12 = await generate('12');
succeeded(await nest12.install(tarball));
await passes(nest12, 'Tests +3 passed', 'Tests +1 passed');

/** A new project of this major version of Nest, with a list, settings of its own and a test of both. */
async function generate(major) {
  const options = ['--skip-git', '--skip-install', '--package-manager', 'npm'];
  if (major !== '11') options.push('--no-observe');
  const home = new Workspace(folder);
  succeeded(await home.run('npx', ['--yes', `@nestjs/cli@${major}`, 'new', `nest${major}`, ...options]));
  const project = new Workspace(join(folder, `nest${major}`), { CI: 'true' });
  const extension = major === '11' ? '' : '.js';
  const sources = join(ROOT, 'test/compat/jest');
  for (const file of readdirSync(sources)) {
    const text = readFileSync(join(sources, file), 'utf8');
    project.write(
      join('src', basename(file, '.txt')),
      text.replaceAll(/'(\.\/app\.\w+)'/g, `'$1${extension}'`),
    );
  }
  edit(project, 'test/app.e2e-spec.ts', (text) =>
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
function lineOf({ code, stdout, stderr }) {
  const said = stdout + stderr;
  assert.notEqual(code, 0, 'Jest loaded ES modules without a line');
  assert.match(said, /RequireError: nestjs-production-config consists of ES modules/);
  const [found] = said.match(/"transformIgnorePatterns": \[.*\]/) ?? [];
  assert.ok(found, said);
  return found;
}

function withLine(text, where) {
  const config = JSON.parse(text);
  Object.assign(where(config), JSON.parse(`{${line}}`));
  return JSON.stringify(config, undefined, 2);
}

async function passes(project, unit, e2e) {
  for (const [script, figures] of [
    ['test', unit],
    ['test:e2e', e2e],
  ]) {
    const { code, stdout, stderr } = await project.run('npm', ['run', script]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout + stderr, new RegExp(figures));
  }
  const version = (name) => JSON.parse(project.read(`node_modules/${name}/package.json`)).version;
  const versions = ['@nestjs/core', '@nestjs/config', '@nestjs/cache-manager'].map(
    (name) => `${name} ${version(name)}`,
  );
  process.stdout.write(`unit and e2e tests pass: ${versions.join(', ')}\n`);
}

function edit(project, path, change) {
  project.write(path, change(project.read(path)));
}
