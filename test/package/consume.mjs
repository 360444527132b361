// Installs the packed tarball in an empty Nest project with the code of the README, and uses it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPILER_OPTIONS, Consumer, pack, ROOT, succeeded } from '../support/consumer.mjs';

const { folder, tarball } = pack();

const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const ours = (name) => `${name}@${JSON.parse(read(`node_modules/${name}/package.json`)).version}`;
const stock = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'typescript', '@types/node'];
const consumer = new Consumer(join(folder, 'readme'), { type: 'module' });
succeeded(await consumer.install(...stock.map(ours), 'reflect-metadata', 'rxjs'));
succeeded(await consumer.install(tarball));

const readme = read('README.md');
for (const [, path, text] of readme.matchAll(/```ts\n\/\/ (src\/\S+)\n([\s\S]*?)```/g))
  consumer.write(path, text);
consumer.write('tsconfig.json', {
  compilerOptions: { ...COMPILER_OPTIONS, target: 'es2022' },
  include: ['src'],
});
succeeded(await consumer.run('npx', ['--no', 'tsc']));

const mistaken = { DEBUG: 'express:*', PAGE_SIZE: '5000', STRIPE_KYE: `sk_live_${'x'.repeat(20)}` };
const refused = await consumer.node(['dist/main.js'], { env: mistaken });
assert.equal(refused.code, 78);
assert.ok(readme.includes(refused.stderr.trim()), refused.stderr);

const evaluate = async (code) => succeeded(await consumer.node(['--input-type=module', '--eval', code]));
// The same service as an ES module and in CommonJS.
for (const file of ['operations.ts', 'operations.cts'])
  consumer.write(`src/${file}`, read('test/package/operations.ts'));
succeeded(await consumer.run('npx', ['--no', 'tsc']));
for (const file of ['operations.js', 'operations.cjs']) {
  const shown = succeeded(await consumer.node([`dist/${file}`]));
  assert.deepEqual(shown.split('\n'), [
    '1 [redacted]',
    '501 /ops/metrics needs the package prom-client: npm i prom-client',
    'MissingPackageError: CacheMetrics.register() needs the package prom-client: npm i prom-client',
    '',
  ]);
}

const keygen = async (name) => succeeded(await consumer.run('npx', ['--no', name, 'keygen'])).trim();
const key = await keygen('production-config');
assert.match(await keygen('nestjs-production-config'), /^[\w-]{43}$/);

const env = { SECRET_KEY: key, STRIPE_KEY: 'x'.repeat(20), NODE_ENV: 'production' };
await consumer.serve(['dist/main.js'], env, async (url) => {
  const response = await fetch(`${url}/products?limit=1000000`);
  assert.equal(response.status, 200);
  assert.equal((await response.json()).length, 100);
  assert.equal(response.headers.get('link'), '<?limit=100&offset=100>; rel="next"');
});

const unfound = await evaluate(
  "await import('nestjs-production-config/swagger').catch(({ code, message }) => console.log(code, message));",
);
assert.match(unfound, /^ERR_MODULE_NOT_FOUND Cannot find package '@nestjs\/swagger'/);
succeeded(await consumer.install(ours('@nestjs/swagger')));
consumer.write('src/openapi.ts', read('test/package/openapi.ts'));
succeeded(await consumer.run('npx', ['--no', 'tsc']));
const schemas = succeeded(await consumer.node(['dist/openapi.js'], { env }));
assert.deepEqual(schemas.split(',').toSorted(), [
  'Product',
  'ProductionConfigPageInfo',
  'ProductionConfigPageRequestError',
  'ProductionConfigProductPage',
]);
process.stdout.write('the packed tarball works as the README says\n');
