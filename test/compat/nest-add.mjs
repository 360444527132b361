// Runs `nest new`, `nest add`, the service and a rolling restart in an empty folder, with both CLIs and no manual edits:
// npm run test:nest-add -- [11] [12]
import assert from 'node:assert/strict';
import { readFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pack, succeeded, until, Workspace } from '../support/consumer.mjs';
import { startRegistry } from './local-registry.mjs';
import { restartInTurn } from './rolling-restart.mjs';

const PACKAGE = 'nestjs-production-config';
const TESTS = ['test', 'test:e2e'];
const CLIS = [
  // Its tests run in Jest, which needs configuration for ES modules.
  { major: '11', alsoChanged: [' M test/jest-e2e.json'] },
  { major: '12', alsoChanged: [] },
];

const { folder, tarball } = pack();
const registry = await startRegistry(readFileSync(tarball));
const env = {
  npm_config_registry: registry.url,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  // git needs these for a commit.
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
};

const asked = process.argv.slice(2);
for (const cli of CLIS.filter(({ major }) => asked.length === 0 || asked.includes(major))) {
  process.stdout.write(`Nest ${cli.major}\n`);
  await timed('in all', () => adopt(cli));
}
registry.close();

async function adopt({ major, alsoChanged }) {
  const home = join(folder, `nest-${major}`);
  mkdirSync(home);
  const project = new Workspace(join(home, 'service'), env);
  const run = async (command, ...args) => succeeded(await project.run(command, args));

  const generate = ['-y', `@nestjs/cli@${major}`, 'new', 'service', '-p', 'npm', '--strict'];
  await timed('nest new', async () => succeeded(await new Workspace(home, env).run('npx', generate)));
  const commit = async () => {
    await run('git', 'add', '-A');
    await run('git', 'commit', '-qm', 'all');
  };
  await commit();

  const said = await timed('nest add', () => run('npx', '--no', 'nest', 'add', PACKAGE));
  const [, key] = /^SECRET_KEY=([\w-]{43})$/m.exec(project.read('.env'));
  assert.equal(statSync(join(project.folder, '.env')).mode & 0o777, 0o600);
  assert.doesNotMatch(said, /By hand/);
  assert.ok(!said.includes(key), 'the key is printed');
  assert.equal(
    await run('git', 'status', '--porcelain'),
    [
      ' M .gitignore',
      ' M package-lock.json',
      ' M package.json',
      ' M src/app.module.ts',
      ' M src/main.ts',
      ...alsoChanged,
      '?? .env.example',
      '?? src/app.config.ts',
      '',
    ].join('\n'),
  );
  await commit();

  await timed('build', () => run('npm', 'run', 'build'));
  await timed('start', () =>
    project.serve(['dist/main.js'], {}, async (url) => {
      assert.equal(await (await fetch(url)).text(), 'Hello World!');
    }),
  );
  await timed('rolling restart', () => restartInTurn(project, { NODE_ENV: 'production', SECRET_KEY: key }));
  const { code, stderr } = await project.node(['dist/main.js'], { env: { NODE_ENV: 'production' } });
  assert.equal(code, 78, stderr);
  assert.match(stderr, /Configuration rejected: 1 problem \(AppConfig\)\n\n {2}SECRET_KEY +is missing/);
  const command = ['--no', 'production-config', 'env-example', '--config', 'dist/app.config.js', '--check'];
  await run('npx', ...command);
  await timed('npm run start:dev', () => developIn(project));
  for (const name of TESTS) await timed(`npm run ${name}`, () => run('npm', 'run', name));

  await timed('nest add again', () => run('npx', '--no', 'nest', 'add', PACKAGE));
  assert.equal(await run('git', 'status', '--porcelain'), '');
  assert.ok(project.read('.env').includes(key), 'the key was replaced');
}

/** Changes the service while `nest start --watch` runs, which then starts the next process on the same port. */
async function developIn(project) {
  const path = 'src/app.service.ts';
  const source = project.read(path);
  const use = async (url, stop, output) => {
    project.write(path, source.replace('Hello World!', 'Hello again!'));
    await until(async () => {
      assert.doesNotMatch(output(), /EADDRINUSE/);
      return (await fetch(url).then((response) => response.text(), String)) === 'Hello again!';
    });
  };
  const options = { node: 'npm', isGroup: true };
  await project.serve(['run', 'start:dev'], {}, use, options).finally(() => project.write(path, source));
}

async function timed(name, act) {
  const start = performance.now();
  const result = await act();
  process.stdout.write(`  ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  return result;
}
