import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Cacheable, CacheEvict, CacheMetrics, ProductionConfigModule } from 'nestjs-production-config';
import { until } from './support/cache-node.js';
import { SHARED_STORES, describeStores } from './support/cache-stores.js';
import { SECRET_KEY } from './support/keys.js';
import { METHOD_CASES, methodSource } from './support/method-cases.js';
import { RecordingLogger } from './support/recording-logger.js';
import { ROOT } from './support/run.js';

/** One application of a fleet. */
async function startNode(env: Record<string, string>): Promise<Products> {
  const app = await Test.createTestingModule({
    imports: [ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY, ...env } })],
    providers: [Products],
  })
    .setLogger(new RecordingLogger())
    .compile();
  onTestFinished(() => app.close());
  await app.init();
  await until(() => app.get(CacheMetrics).snapshot().shared!.isConnected);
  return app.get(Products);
}

@Injectable()
class Products {
  runs = 0;

  @Cacheable({ lock: true })
  async find(...filter: readonly unknown[]): Promise<unknown> {
    this.runs++;
    return { filter, at: new Date(5) };
  }

  @CacheEvict({ method: 'find' })
  async change(..._filter: readonly unknown[]): Promise<void> {}
}

const { Redis, memcached } = SHARED_STORES;

describeStores('cached methods of a fleet', { Redis, memcached }, (store) => {
  const filters: readonly (readonly unknown[])[] = [
    [],
    [1],
    ['a b', { after: null, at: new Date(1), list: [1n, undefined] }],
    ['\ud800'],
    ['x'.repeat(10_000)],
  ];

  it('have the same keys in all processes, so that a method runs once', async () => {
    const env = store.env();
    const [one, other] = [await startNode(env), await startNode(env)];
    for (const filter of filters) {
      const loaded = await one.find(...filter);
      await until(async () => {
        const runs = other.runs;
        expect(await other.find(...filter)).toEqual(loaded);
        return other.runs === runs;
      });
    }
    expect(one.runs).toBe(filters.length);
    expect(other.runs).toBe(0);
  });

  it('are evicted in all processes', async () => {
    const env = store.env();
    const [one, other] = [await startNode(env), await startNode(env)];
    for (const filter of filters) {
      await one.find(...filter);
      await other.find(...filter);
      const runs = one.runs + other.runs;
      await other.change(...filter);
      await until(async () => {
        await one.find(...filter);
        return one.runs + other.runs > runs;
      });
    }
  });

  it('do not store a value under the key of arguments that the caller has changed meanwhile', async () => {
    const products = await startNode(store.env());
    const filter = { page: 1 };
    const found = products.find(filter);
    filter.page = 2;
    await expect(found).rejects.toMatchObject({
      code: 'ERR_CACHE_METHOD_KEY',
      message: 'Products.find(): an argument changed before the call could run: pass a copy',
    });
    expect(products.runs).toBe(0);
    expect(await products.find({ page: 1 })).toMatchObject({ filter: [{ page: 1 }] });
  });
});

describe.each(['typescript-lowest', 'typescript', 'typescript-native'])(
  'the types of cached methods under %s',
  (compiler) => {
    const folder = join(ROOT, '.build/method-compilers', compiler);
    const cases = Object.values(METHOD_CASES).flat();
    let output = '';

    /** Inside the repository, where the package's own name resolves to the built package. */
    beforeAll(async () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const [index, row] of cases.entries()) {
        writeFileSync(join(folder, `${index}.mts`), methodSource(row));
      }
      const compilerOptions = {
        target: 'es2023',
        module: 'nodenext',
        types: ['node'],
        strict: true,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        skipLibCheck: true,
        noEmit: true,
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
      const tsc = join(ROOT, 'node_modules', compiler, 'bin/tsc');
      // It fails, because some cases are wrong.
      const { stdout } = await promisify(execFile)(process.execPath, [tsc, '--pretty', 'false'], {
        cwd: folder,
        maxBuffer: 2 ** 24,
      }).catch((error: { readonly stdout: string }) => error);
      output = stdout;
    });

    it.each(cases.map((row, index) => [...row, index] as const))(
      '`@%s` on `%s` %s',
      (_d, _m, verdict, index) => {
        const isRefused = output.split('\n').some((line) => line.startsWith(`${index}.mts(`));
        expect(isRefused ? 'refused' : 'compiles').toBe(verdict);
      },
    );
  },
);
