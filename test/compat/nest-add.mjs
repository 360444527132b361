// `nest new`, `nest add` and a start in an empty folder, with the CLIs of both majors and no edit by hand.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRegistry } from './local-registry.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = 'nestjs-production-config';
const TESTS = ['test', 'test:e2e'];
const CLIS = [
  // Its tests are run by Jest, which has to be told of ES modules.
  { major: 11, alsoChanged: [' M test/jest-e2e.json'] },
  { major: 12, alsoChanged: [] },
];

const registry = await startRegistry(root);
// What git needs for a commit; nothing else of this machine's environment.
const env = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  NO_COLOR: '1',
  npm_config_registry: registry.url,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@localhost',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@localhost',
};

try {
  const only = process.argv[2];
  for (const cli of CLIS.filter(({ major }) => only === undefined || String(major) === only)) {
    const start = performance.now();
    await adopt(cli);
    const seconds = Math.round((performance.now() - start) / 1000);
    process.stdout.write(
      `Nest ${cli.major}: new, add, start, refusal and ${TESTS.join(', ')} in ${seconds} s\n`,
    );
  }
} finally {
  registry.close();
}

async function adopt({ major, alsoChanged }) {
  const folder = mkdtempSync(join(tmpdir(), `nest-add-${major}-`));
  const project = join(folder, 'service');
  const timed = async (name, act) => {
    const start = performance.now();
    const result = await act();
    process.stdout.write(`  ${name}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
    return result;
  };
  try {
    await timed('nest new', () =>
      run(folder, 'npx', '-y', `@nestjs/cli@${major}`, 'new', 'service', '-p', 'npm', '--strict'),
    );
    git(project, 'add', '-A');
    git(project, 'commit', '-qm', 'as generated');

    const said = await timed('nest add', () => run(project, 'npx', '--no', 'nest', 'add', PACKAGE));
    const [, key] = /^SECRET_KEY=([\w-]{43})$/m.exec(readFileSync(join(project, '.env'), 'utf8'));
    assert.doesNotMatch(said, /By hand/);
    assert.ok(!said.includes(key), 'the key is printed');
    const changed = git(project, 'status', '--porcelain').trimEnd().split('\n');
    assert.deepEqual(changed.toSorted(), [
      ' M package-lock.json',
      ' M package.json',
      ' M src/app.module.ts',
      ' M src/main.ts',
      ...alsoChanged,
      '?? .env.example',
      '?? src/app.config.ts',
    ]);
    git(project, 'add', '-A');
    git(project, 'commit', '-qm', 'with nestjs-production-config');

    await timed('build', () => run(project, 'npm', 'run', 'build'));
    await timed('start', () => starts(project));
    const refused = spawnSync(process.execPath, ['dist/main.js'], {
      cwd: project,
      env: { ...env, NODE_ENV: 'production' },
      encoding: 'utf8',
    });
    assert.equal(refused.status, 78, refused.stderr);
    assert.match(
      refused.stderr,
      /Configuration rejected: 1 problem \(AppConfig\)\n\n {2}SECRET_KEY +is missing/,
    );
    await run(
      project,
      'npx',
      '--no',
      'production-config',
      'env-example',
      '--config',
      'dist/app.config.js',
      '--check',
    );
    for (const name of TESTS) await timed(`npm run ${name}`, () => run(project, 'npm', 'run', name));

    await timed('nest add again', () => run(project, 'npx', '--no', 'nest', 'add', PACKAGE));
    assert.equal(git(project, 'status', '--porcelain'), '');
    assert.ok(readFileSync(join(project, '.env'), 'utf8').includes(key), 'the key was replaced');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function starts(project) {
  const port = await freePort();
  const service = spawn(process.execPath, ['dist/main.js'], {
    cwd: project,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const response = await answer(`http://127.0.0.1:${port}/`, service);
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'Hello World!');
  } finally {
    const ended = service.exitCode === null ? once(service, 'exit') : undefined;
    service.kill();
    await ended;
  }
}

/** What a program prints; on failure all of it is shown. Not synchronous: the registry answers from this process. */
async function run(cwd, program, ...args) {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  }
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${program} ${args.join(' ')}\n${output}`);
  return output;
}

function git(cwd, ...args) {
  return execFileSync('git', args, { cwd, env, encoding: 'utf8' });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answer(url, service, tries = 300) {
  try {
    return await fetch(url);
  } catch (error) {
    if (tries === 0 || service.exitCode !== null) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return answer(url, service, tries - 1);
  }
}
