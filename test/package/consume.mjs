// Installs the packed tarball in an empty Nest project made of the README's own code, and uses it.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
const env = { PATH: process.env.PATH, HOME: process.env.HOME };
const inConsumer = { cwd: folder, env, encoding: 'utf8' };
const npm = (...args) => execFileSync('npm', args, { ...inConsumer, stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const [{ filename, files }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }).replace(/^[^[]*(?=\[\n)/, ''),
  );
  const strays = files.filter(
    ({ path }) => !/^(dist\/|schematics\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(path),
  );
  assert.deepEqual(strays, [], 'the tarball holds more than it should');

  const version = (name) =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const stock = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'typescript', '@types/node'];
  npm(
    'install',
    '--no-audit',
    '--no-fund',
    ...stock.map((name) => `${name}@${version(name)}`),
    'reflect-metadata',
    'rxjs',
  );
  npm('install', '--no-audit', '--no-fund', `./${filename}`);

  const blocks = readFileSync(join(root, 'README.md'), 'utf8').matchAll(
    /```ts\n\/\/ (src\/\S+)\n([\s\S]*?)```/g,
  );
  for (const [, path, text] of blocks) write(path, text);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    outDir: 'dist',
    rootDir: 'src',
    types: ['node'],
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
  execFileSync('npx', ['--no', 'tsc'], { ...inConsumer, stdio: 'inherit' });

  const mistaken = { DEBUG: 'express:*', PAGE_SIZE: '5000', STRIPE_KYE: `sk_live_${'x'.repeat(20)}` };
  const refused = spawnSync(process.execPath, ['dist/main.js'], {
    ...inConsumer,
    env: { ...env, ...mistaken },
  });
  assert.equal(refused.status, 78);
  assert.match(readFileSync(join(root, 'README.md'), 'utf8'), new RegExp(escaped(refused.stderr.trim())));

  const register = `
    import { CacheMetrics } from 'nestjs-production-config';
    await CacheMetrics.prototype.register.call({}, {}).catch(({ message }) => console.log(message));`;
  const missing = execFileSync(process.execPath, ['--input-type=module', '--eval', register], inConsumer);
  assert.equal(missing, 'CacheMetrics.register() needs the package prom-client: npm i prom-client\n');

  const key = execFileSync('npx', ['--no', 'production-config', 'keygen'], inConsumer).trim();
  const other = execFileSync('npx', ['--no', 'nestjs-production-config', 'keygen'], inConsumer).trim();
  assert.match(other, /^[\w-]{43}$/);
  const port = await freePort();
  const service = spawn(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { ...env, SECRET_KEY: key, STRIPE_KEY: 'x'.repeat(20), PORT: String(port), NODE_ENV: 'production' },
    stdio: 'inherit',
  });
  try {
    const response = await answer(`http://127.0.0.1:${port}/products?limit=1000000`);
    assert.equal(response.status, 200);
    assert.equal((await response.json()).length, 100);
    assert.equal(response.headers.get('link'), '<?limit=100&offset=100>; rel="next"');
  } finally {
    service.kill();
  }

  const subpath =
    "await import('nestjs-production-config/swagger').catch(({ code, message }) => console.log(code, message));";
  const unfound = execFileSync(process.execPath, ['--input-type=module', '--eval', subpath], inConsumer);
  assert.match(unfound, /^ERR_MODULE_NOT_FOUND Cannot find package '@nestjs\/swagger'/);
  npm('install', '--no-audit', '--no-fund', `@nestjs/swagger@${version('@nestjs/swagger')}`);
  write('src/openapi.ts', readFileSync(join(root, 'test/package/openapi.ts'), 'utf8'));
  execFileSync('npx', ['--no', 'tsc'], { ...inConsumer, stdio: 'inherit' });
  const schemas = execFileSync(process.execPath, ['dist/openapi.js'], {
    ...inConsumer,
    env: { ...env, SECRET_KEY: key, NODE_ENV: 'production' },
  });
  assert.deepEqual(schemas.split(',').toSorted(), ['PageInfo', 'PageRequestError', 'Product', 'ProductPage']);
  process.stdout.write('the packed tarball works as the README says\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function write(path, text) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function escaped(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answer(url, tries = 100) {
  try {
    return await fetch(url);
  } catch (error) {
    if (tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return answer(url, tries - 1);
  }
}
