import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import fc from 'fast-check';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { generated, nestAdd, type Files } from './support/nest-project.js';
import { ROOT, run } from './support/run.js';

const ENTRY = 'ProductionConfigModule.forRoot({ config: AppConfig })';
const MODULE = 'src/app.module.ts';

const withModule = (text: string): Files => ({ ...generated(12), [MODULE]: text });
const moduleOf = (decorator: string, imports = '') =>
  `import { Module } from '@nestjs/common';\n${imports}\n${decorator}\nexport class AppModule {}\n`;

describe('nest add', () => {
  it.each([
    [11, ''],
    [12, '.js'],
  ] as const)('writes the files of a Nest %i project in the style of its CLI', async (major, extension) => {
    const { files, said } = await nestAdd(generated(major));
    expect(files[MODULE]).toBe(`import { Module } from '@nestjs/common';
import { ProductionConfigModule } from 'nestjs-production-config';
import { AppController } from './app.controller${extension}';
import { AppService } from './app.service${extension}';
import { AppConfig } from './app.config${extension}';

@Module({
  imports: [${ENTRY}],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
`);
    expect(files['src/main.ts']).toBe(`import { NestFactory } from '@nestjs/core';
import { shutdownGracefully } from 'nestjs-production-config';
import { AppConfig } from './app.config${extension}';
import { AppModule } from './app.module${extension}';

async function bootstrap() {
  const config = AppConfig.loadOrExit();
  const app = await NestFactory.create(AppModule, {
    logger: config.getLogLevels(),
  });
  shutdownGracefully(app);
  await app.listen(config.PORT);
}
${major === 11 ? '' : 'await '}bootstrap();
`);
    expect(files['src/app.config.ts']).toContain('export class AppConfig extends ProductionConfig {');
    expect(files['.gitignore']).toBe(`${generated(major)['.gitignore']}secrets/\n`);
    expect(said).not.toContain('By hand');
    expect(said).toContain('npx nestjs-production-config keygen');
  });

  it.each([11, 12] as const)('makes no changes on the second run, byte for byte (Nest %i)', async (major) => {
    const once = await nestAdd(generated(major));
    const twice = await nestAdd(once.files);
    expect(twice.files).toEqual(once.files);
    expect(twice.said).toBe(once.said);
  });

  it('writes the .env.example that production-config env-example prints', async () => {
    const { files } = await nestAdd(generated(12));
    const { stdout } = await run('dist/cli/main.js', { args: ['env-example'] });
    expect(files['.env.example']).toBe(stdout.replace('of ProductionConfig.', 'of AppConfig.'));
  });

  it('does not change an existing .env.example or app.config.ts', async () => {
    const own = {
      '.env.example': 'INVOICE_URL=\n',
      'src/app.config.ts': 'export class AppConfig extends ServiceConfig {}\n',
    };
    const { files, said } = await nestAdd({ ...generated(12), ...own });
    expect(files).toMatchObject(own);
    expect(files[MODULE]).toContain(ENTRY);
    expect(said).not.toContain('By hand');
  });

  it('does not write a .env.example for a class with unknown settings', async () => {
    const own = {
      'src/app.config.ts':
        'export class AppConfig extends ProductionConfig { @Env(rule) readonly X!: string }\n',
    };
    const { files, said } = await nestAdd({ ...generated(12), ...own });
    expect(files).not.toHaveProperty('.env.example');
    expect(said).toContain('npx production-config env-example');
  });

  it('prints instructions and changes no code if app.config.ts has no AppConfig class', async () => {
    const taken = { 'src/app.config.ts': "export default registerAs('app', () => ({}));\n" };
    const { '.gitignore': ignored, ...code } = generated(12);
    const { files, said } = await nestAdd({ ...code, ...taken, '.gitignore': ignored! });
    expect(files).toMatchObject({ ...code, ...taken });
    expect(said).toContain('src/app.config.ts already exists and has no such class');
  });

  it('uses the root module in --module and the source root of the CLI', async () => {
    const { 'src/app.module.ts': text = '', ...rest } = generated(12);
    const module = text.replace('class AppModule', 'class ApiModule');
    const { files } = await nestAdd(
      { ...rest, 'apps/api/src/api.module.ts': module },
      { sourceRoot: 'apps/api/src', module: 'apps/api/src/api.module.ts' },
    );
    expect(files['apps/api/src/api.module.ts']).toContain(ENTRY);
    expect(files['apps/api/src/app.config.ts']).toContain('class AppConfig');
  });

  it.each([11, 12] as const)(
    'finds the root module of an application created by nest g app (Nest %i)',
    async (major) => {
      const { 'src/app.module.ts': module = '', 'src/main.ts': main = '', ...rest } = generated(major);
      const named = (text: string) =>
        text.replaceAll('AppModule', 'ApiModule').replaceAll('./app.module', './api.module');
      const { files, said } = await nestAdd(
        {
          ...rest,
          'apps/api/src/api.module.ts': named(module),
          'apps/api/src/main.ts': named(main).replace('process.env.PORT', 'process.env.port'),
        },
        { sourceRoot: 'apps/api/src' },
      );
      expect(said).not.toContain('By hand');
      expect(files['apps/api/src/api.module.ts']).toContain(`imports: [${ENTRY}]`);
      const text = files['apps/api/src/main.ts'];
      expect(text).toContain('create(ApiModule, {\n    logger: config.getLogLevels(),\n  });');
      expect(text).toContain('listen(config.PORT)');
      expect(text).toContain('  shutdownGracefully(app);\n  await app.listen');
      expect(text!.split('\n')[2]).toMatch(/^import \{ AppConfig \} from '\.\/app\.config(\.js)?';$/);
    },
  );
});

describe('nest add accepts', () => {
  it.each([
    ['--module', { module: 'apps\\api\\src\\app.module.ts' }],
    ['the source root', { sourceRoot: 'apps\\api\\src' }],
  ])('backslashes in %s, as on Windows', async (_, options) => {
    const { 'src/app.module.ts': module = '', 'src/main.ts': main = '', ...rest } = generated(12);
    const app = { 'apps/api/src/app.module.ts': module, 'apps/api/src/main.ts': main };
    const { files, said } = await nestAdd({ ...rest, ...app }, options);
    expect(files['apps/api/src/app.module.ts']).toContain(ENTRY);
    expect(files['apps/api/src/app.config.ts']).toContain('class AppConfig');
    expect(Object.keys(files).filter((path) => /^app\.|\\/.test(path))).toEqual([]);
    expect(said).not.toContain('By hand');
  });

  it('a package.json with a byte order mark, like npm', async () => {
    const { files } = await nestAdd({ ...generated(12), 'package.json': '\uFEFF{ "type": "module" }\n' });
    expect(files[MODULE]).toContain(ENTRY);
  });
});

describe('the key that nest add generates', () => {
  const keyIn = (text = '') => /^SECRET_KEY=(.*?)\r?$/m.exec(text)?.[1] ?? '';

  it('is new each time, strong, and never printed', async () => {
    const [first, second] = await Promise.all([nestAdd(generated(12)), nestAdd(generated(12))]);
    const key = keyIn(first.files['.env']);
    expect(ProductionConfig.load({ SECRET_KEY: key }).SECRET_KEY).toBe(key);
    expect(key).not.toBe(keyIn(second.files['.env']));
    expect(first.said).not.toContain(key);
  });

  it.each([
    ['in SECRET_KEY', `PORT=4000\nexport SECRET_KEY="${SECRET_KEY}"`],
    ['in a file', 'SECRET_KEY_FILE=/run/secrets/key\n'],
    ['after an invalid line', `not an assignment\nSECRET_KEY=${SECRET_KEY}\n`],
  ])('does not replace an existing one (%s)', async (_, env) => {
    const { files, said } = await nestAdd({ ...generated(12), '.env': env });
    expect(files['.env']).toBe(env);
    expect(said).not.toContain(SECRET_KEY);
  });

  it.each([
    ['at the end', 'PORT=4000', /^PORT=4000\n# .*\nSECRET_KEY=[\w-]{43}\n# .*\nDRAIN_SECONDS=0\n$/],
    [
      'in the line endings of the file',
      'PORT=4000\r\n',
      /^PORT=4000\r\n# .*\r\nSECRET_KEY=[\w-]{43}\r\n# .*\r\nDRAIN_SECONDS=0\r\n$/,
    ],
    [
      'in place of an empty value',
      'SECRET_KEY=\n\nPORT=1\n',
      /^SECRET_KEY=[\w-]{43}\n\nPORT=1\n# .*\nDRAIN_SECONDS=0\n$/,
    ],
    [
      'not inside another value',
      'A="\nSECRET_KEY=\n"\n',
      /^A="\nSECRET_KEY=\n"\n# .*\nSECRET_KEY=[\w-]{43}\n# .*\nDRAIN_SECONDS=0\n$/,
    ],
    ['beside a DRAIN_SECONDS', 'DRAIN_SECONDS=1\n', /^DRAIN_SECONDS=1\n# .*\nSECRET_KEY=[\w-]{43}\n$/],
  ])('is added to a .env without one: %s', async (_, env, expected) => {
    const { files } = await nestAdd({ ...generated(12), '.env': env });
    expect(files['.env']).toMatch(expected);
    expect((await nestAdd(files)).files).toEqual(files);
  });

  it.each([
    ['/dist\n', '/dist\n.env\nsecrets/\n'],
    ['/dist', '/dist\n.env\nsecrets/\n'],
    ['.env.local\r\n', '.env.local\r\n.env\r\nsecrets/\r\n'],
    ['.env\n!.env\n', '.env\n!.env\n.env\nsecrets/\n'],
    ['# .env\n# secrets\n', '# .env\n# secrets\n.env\nsecrets/\n'],
    ['.env*\n!.env.example\n', '.env*\n!.env.example\nsecrets/\n'],
    ['/.env  \n/secrets/**\n', '/.env  \n/secrets/**\n'],
    ['/src/secrets\n.env\nsecrets\n!secrets/\n', '/src/secrets\n.env\nsecrets\n!secrets/\nsecrets/\n'],
  ])('and a folder of secrets are ignored by git: %j becomes %j', async (before, after) => {
    const { files } = await nestAdd({ ...generated(12), '.gitignore': before });
    expect(files['.gitignore']).toBe(after);
  });

  it('causes a warning if git may already track .env, or cannot read .gitignore', async () => {
    const tracked = { ...generated(12), '.gitignore': '/dist\n', '.env': 'PORT=4000\n' };
    const { files, said } = await nestAdd(tracked);
    expect(said).toContain('git rm --cached .env');
    expect((await nestAdd(files)).said).not.toContain('git rm');
    expect((await nestAdd({ ...tracked, '.gitignore': '.env\n' })).said).not.toContain('git rm');

    const utf16 = { ...generated(12), '.gitignore': Buffer.from('\uFEFF.env\r\n', 'utf16le') };
    expect((await nestAdd(utf16)).said).toMatch(/By hand\n {2}\.gitignore is not UTF-8/);
  });

  it('is ignored by git if there was no .gitignore', async () => {
    const { '.gitignore': _, ...rest } = generated(12);
    expect((await nestAdd(rest)).files['.gitignore']).toBe('.env\nsecrets/\n');
  });
});

describe('a root module', () => {
  it.each([
    ['@Module({})', `@Module({ imports: [${ENTRY}] })`],
    ['@Module({ imports: [A, B] })', `@Module({ imports: [${ENTRY}, A, B] })`],
    ['@Module({ imports: [ A ] })', `@Module({ imports: [ ${ENTRY}, A ] })`],
    ["@Module({ 'imports': [A], })", `@Module({ 'imports': [${ENTRY}, A], })`],
    ['@Module({ providers: [] })', `@Module({ imports: [${ENTRY}], providers: [] })`],
    ['@Module({providers: []})', `@Module({ imports: [${ENTRY}], providers: []})`],
    ['@Module({\n\tproviders: [],\n})', `@Module({\n\timports: [${ENTRY}],\n\tproviders: [],\n})`],
    [
      '@Module({\n  imports: [\n    // the database\n    A,\n  ],\n})',
      `@Module({\n  imports: [\n    ${ENTRY},\n    // the database\n    A,\n  ],\n})`,
    ],
    [
      '@Module({\r\n  imports: [\r\n    A,\r\n  ],\r\n})',
      `@Module({\r\n  imports: [\r\n    ${ENTRY},\r\n    A,\r\n  ],\r\n})`,
    ],
    ['@Global()\n@Module({ imports: [] })', `@Global()\n@Module({ imports: [${ENTRY}] })`],
  ])('keeps its formatting: %j', async (before, after) => {
    const { files, said } = await nestAdd(withModule(moduleOf(before)));
    expect(files[MODULE]).toContain(after);
    expect(said).not.toContain('By hand');
  });

  it('keeps its quotes, semicolons, line endings and byte order mark', async () => {
    const text = moduleOf('@Module({})', 'import { A } from "./a" // a\n')
      .replaceAll("'", '"')
      .replaceAll(';', '')
      .replaceAll('\n', '\r\n');
    const { files } = await nestAdd({ ...generated(11), [MODULE]: `\uFEFF${text}` });
    expect(files[MODULE]).toMatch(
      /^\uFEFFimport \{ Module \} from "@nestjs\/common"\r\nimport \{ ProductionConfigModule \} from "nestjs-production-config"\r\nimport \{ A \} from "\.\/a" \/\/ a\r\nimport \{ AppConfig \} from "\.\/app\.config"\r\n/,
    );
  });

  it.each([
    ['no @Module()', 'export class AppModule {}\n', 'has no class AppModule'],
    [
      'a custom @Module() decorator',
      "import { Module } from './module.js';\n@Module({})\nexport class AppModule {}\n",
      'has no class AppModule',
    ],
    [
      'two modules',
      moduleOf('@Module({})').replace('AppModule {}', 'A {}\n@Module({})\nexport class B {}'),
      'has no class AppModule',
    ],
    ['broken syntax', moduleOf('@Module({ imports: [ })'), 'cannot be parsed'],
    ['metadata in a variable', moduleOf('@Module(metadata)'), 'does not pass an object literal to @Module()'],
    ['no metadata', moduleOf('@Module()'), 'does not pass an object literal to @Module()'],
    [
      'spread metadata',
      moduleOf('@Module({ ...metadata, imports: [] })'),
      'has spread or computed properties',
    ],
    [
      'imports in a variable',
      moduleOf('@Module({ imports: modules })'),
      'imports that are not a plain array',
    ],
    [
      'imports as a shorthand property',
      moduleOf('@Module({ imports })'),
      'imports that are not a plain array',
    ],
    ['spread imports', moduleOf('@Module({ imports: [...modules] })'), 'imports that are not a plain array'],
    [
      'concatenated imports',
      moduleOf('@Module({ imports: [A].concat(B) })'),
      'imports that are not a plain array',
    ],
    [
      'imports twice',
      moduleOf('@Module({ imports: [A], imports: [B] })'),
      'imports that are not a plain array',
    ],
    [
      'another AppConfig',
      moduleOf('@Module({})', "import { AppConfig } from './config.js';\n"),
      'already uses the name AppConfig',
    ],
  ])('is not changed, and instructions are printed, if it has %s', async (_, text, reason) => {
    const { files, said } = await nestAdd(withModule(text));
    expect(files[MODULE]).toBe(text);
    expect(said).toContain(reason);
    expect(said).toContain(`By hand\n  ${MODULE} `);
    expect(said).toContain(`${ENTRY},`);
  });

  it.each(['.js', '.ts', ''])(
    'gets imports with the same extension as its other imports: "%s"',
    async (extension) => {
      const text = moduleOf('@Module({})', `import { A } from './a${extension}';\n`);
      const { files } = await nestAdd(withModule(text));
      expect(files[MODULE]).toContain(`import { AppConfig } from './app.config${extension}';`);
    },
  );

  it.each(['type { ProductionConfigModule }', '{ type ProductionConfigModule }'])(
    'that imports only %s is not changed, and the reason is printed',
    async (imported) => {
      const text = moduleOf('@Module({})', `import ${imported} from 'nestjs-production-config';\n`);
      const { files, said } = await nestAdd(withModule(text));
      expect(files[MODULE]).toBe(text);
      expect(said).toContain('already uses the name ProductionConfigModule');
    },
  );

  it('that does not exist is reported', async () => {
    const { [MODULE]: _, ...rest } = generated(12);
    const { files, said } = await nestAdd(rest);
    expect(files).not.toHaveProperty(MODULE);
    expect(said).toContain(`${MODULE} does not exist`);
  });

  it('that already imports ProductionConfigModule in any form is not changed', async () => {
    const text = moduleOf(
      '@Module({ imports: [Root.forRootAsync({ useFactory })] })',
      "import { ProductionConfigModule as Root } from 'nestjs-production-config';\n",
    );
    const { files, said } = await nestAdd(withModule(text));
    expect(files[MODULE]).toBe(text);
    expect(said).not.toContain('By hand');
  });

  it('keeps its imports of ConfigModule and CacheModule, and they are reported', async () => {
    const text = moduleOf(
      '@Module({ imports: [Settings.forRoot(), CacheModule.register({ ttl: 5 })] })',
      "import { ConfigModule as Settings } from '@nestjs/config';\nimport { CacheModule } from '@nestjs/cache-manager';\n",
    );
    const { files, said } = await nestAdd(withModule(text));
    expect(files[MODULE]).toContain(`[${ENTRY}, Settings.forRoot(), CacheModule.register({ ttl: 5 })]`);
    expect(said).toContain(
      `${MODULE} also imports ConfigModule: ProductionConfigModule provides ConfigService`,
    );
    expect(said).toContain(
      `${MODULE} also imports CacheModule: ProductionConfigModule provides CACHE_MANAGER`,
    );
    const again = await nestAdd(files);
    expect(again.files).toEqual(files);
  });

  it('is the class AppModule if its file has other modules', async () => {
    const text = moduleOf('@Module({ providers: [] })\nexport class CoreModule {}\n\n@Module({})');
    const { files } = await nestAdd(withModule(text));
    expect(files[MODULE]).toContain('@Module({ providers: [] })\nexport class CoreModule');
    expect(files[MODULE]).toContain(`@Module({ imports: [${ENTRY}] })\nexport class AppModule`);
  });

  it('of any text still parses and has one more entry, or is not changed', async () => {
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(moduleText(), async (text) => {
        const { files } = await nestAdd(withModule(text));
        const after = files[MODULE]!;
        if (after === text) return;
        changed++;
        const [was, is] = [shapeOf(text), shapeOf(after)];
        expect(is).toEqual({ errors: 0, declarations: was.declarations + 2, entries: was.entries + 1 });
        expect(isSubsequence(text, after)).toBe(true);
        expect((await nestAdd(files)).files[MODULE]).toBe(after);
      }),
      { numRuns: 100 },
    );
    expect(changed).toBeGreaterThan(10);
  });
});

describe('main.ts', () => {
  it.each([
    [
      'has custom code',
      "import { NestFactory } from '@nestjs/core';\n\nawait boot();\n",
      'src/main.ts differs from what Nest generates',
    ],
    [
      'is formatted differently',
      generated(12)['src/main.ts']!.replaceAll("'", '"'),
      'src/main.ts differs from what Nest generates',
    ],
  ])('that %s is not changed, and instructions are printed', async (_, text, reason) => {
    const { files, said } = await nestAdd({ ...generated(12), 'src/main.ts': text });
    expect(files['src/main.ts']).toBe(text);
    expect(said).toContain(reason);
    expect(said).toContain('const config = AppConfig.loadOrExit();');
  });

  it('that already loads the configuration is not mentioned', async () => {
    const text = 'const config = AppConfig.loadOrExit();\n';
    const { files, said } = await nestAdd({ ...generated(12), 'src/main.ts': text });
    expect(files['src/main.ts']).toBe(text);
    expect(said).not.toContain('By hand');
  });
});

describe('nest add on a file system', () => {
  const CLI = join(ROOT, 'node_modules/@angular-devkit/schematics-cli/bin/schematics.js');

  type NestAddHere = (path?: string, ...options: string[]) => string;

  interface Project {
    readonly folder: string;
    readonly nestAddHere: NestAddHere;
    remove(): void;
  }

  /** Creates a project in a folder of a workspace, with a link to the package of this repository. */
  function makeProject(files: Files): Project {
    const workspace = mkdtempSync(join(tmpdir(), 'nest-add-'));
    const folder = join(workspace, 'packages/service');
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/nestjs-production-config'));
    const nestAddHere: NestAddHere = (path = '', ...options) =>
      execFileSync(
        process.execPath,
        [CLI, 'nestjs-production-config:nest-add', '--source-root=src', ...options],
        {
          cwd: folder,
          env: { PATH: [path, process.env['PATH']].join(delimiter) },
          encoding: 'utf8',
        },
      );
    return { folder, nestAddHere, remove: () => rmSync(workspace, { recursive: true }) };
  }

  /** Does something in such a project, and removes it. */
  function inFolder(files: Files, act: (folder: string, nestAddHere: NestAddHere) => void) {
    const { folder, nestAddHere, remove } = makeProject(files);
    try {
      act(folder, nestAddHere);
    } finally {
      remove();
    }
  }

  const expectPrivateKey = (folder: string) => {
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^SECRET_KEY=[\w-]{43}$/m);
    expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, '.env.example')).mode & 0o077).not.toBe(0);
  };

  it('restricts access to an existing .env without a key to its owner if it writes a key to it', () => {
    inFolder({ ...generated(12), '.env': 'PORT=4000\n' }, (folder, nestAddHere) => {
      nestAddHere();
      expectPrivateKey(folder);
    });
  });

  describe('in a project with npm, TypeScript 7 and no .env', () => {
    let project: Project;
    beforeAll(() => {
      project = makeProject({ ...generated(12), 'package-lock.json': '{}' });
      const { folder, nestAddHere } = project;
      symlinkSync(join(ROOT, 'node_modules/typescript-native'), join(folder, 'node_modules/typescript'));
      nestAddHere();
      return () => project.remove();
    });

    it('restricts access to the new .env to its owner', () => {
      expectPrivateKey(project.folder);
    });

    it('does not change package.json, because npm installs peers automatically', () => {
      expect(readFileSync(join(project.folder, 'package.json'), 'utf8')).toBe(generated(12)['package.json']);
    });

    it('parses with the TypeScript of the CLI', () => {
      expect(readFileSync(join(project.folder, MODULE), 'utf8')).toContain(ENTRY);
    });
  });

  it('does not change a .env with a key, and does not write one in a dry run', () => {
    const env = `SECRET_KEY=${SECRET_KEY}\n`;
    inFolder({ ...generated(12), '.env': env }, (folder, nestAddHere) => {
      chmodSync(join(folder, '.env'), 0o640);
      nestAddHere();
      expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(env);
      expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o640);
    });
    inFolder(generated(12), (folder, nestAddHere) => {
      nestAddHere('', '--dry-run');
      expect(existsSync(join(folder, '.env'))).toBe(false);
    });
  });

  it.each([
    ['pnpm-lock.yaml', '\n'],
    ['yarn.lock', '\r\n'],
    ['../../pnpm-lock.yaml', '\n'],
  ])(
    'adds the peers to package.json and installs them if there is a %s, and keeps its line endings (%j)',
    (lock, end) => {
      const manager = lock.endsWith('pnpm-lock.yaml') ? 'pnpm' : 'yarn';
      const manifest = {
        name: 'service',
        type: 'module',
        dependencies: { '@nestjs/common': '^12.0.1', rxjs: '^7.8.1' },
      };
      const before = JSON.stringify(manifest, null, 4).replaceAll('\n', end);
      const files = { ...generated(12), [lock]: '', 'package.json': before };
      inFolder(files, (folder, nestAddHere) => {
        const bin = join(folder, 'bin');
        mkdirSync(bin);
        writeFileSync(join(bin, manager), `#!/bin/sh\necho "$@" >> ${join(folder, 'installed')}\n`, {
          mode: 0o755,
        });
        nestAddHere(bin);
        const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        expect(dependencies).toMatchObject({
          '@nestjs/common': '^12.0.1',
          joi: '^18.0.0',
          '@nestjs/config': '^12.0.0',
          // keyv 6 needs Node 22.19, and Yarn 1 refuses packages that the running Node is too old for.
          keyv: '^5.0.1',
        });
        expect(Object.keys(dependencies)).toEqual(Object.keys(dependencies).toSorted());
        expect(dependencies).not.toHaveProperty('memjs');
        expect(readFileSync(join(folder, 'installed'), 'utf8')).toMatch(/^install\b/);
        const text = readFileSync(join(folder, 'package.json'), 'utf8');
        expect(new Set(text.match(/\r?\n/g))).toEqual(new Set([end]));
        if (lock !== 'pnpm-lock.yaml') return;
        // A second run changes and installs nothing.
        nestAddHere(bin);
        expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe(text);
        expect(readFileSync(join(folder, 'installed'), 'utf8').trim().split('\n')).toHaveLength(1);
      });
    },
  );

  it('adds the peers to package.json that npm is configured not to install', () => {
    inFolder({ ...generated(12), 'package-lock.json': '{}' }, (folder, nestAddHere) => {
      const modules = join(folder, 'node_modules');
      const own = join(modules, 'nestjs-production-config');
      rmSync(own);
      for (const part of ['package.json', 'schematics', 'dist'])
        cpSync(join(ROOT, part), join(own, part), { recursive: true });
      mkdirSync(join(modules, 'joi'));
      const bin = join(folder, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'npm'), '#!/bin/sh\n', { mode: 0o755 });
      nestAddHere(bin);
      const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      expect(dependencies).toHaveProperty(['@nestjs/config'], '^12.0.0');
      expect(dependencies).not.toHaveProperty('joi');
    });
  });
});

/** Source texts of a root module with varied imports, decorators and formatting; some are broken by a cut. */
function moduleText(): fc.Arbitrary<string> {
  const space = fc.constantFrom('', ' ', '\n', '\n    ', '\n\t', ' // ]\n', ' /* { */ ');
  const item = fc.constantFrom(
    'A',
    'A.forRoot({ a: [1] })',
    'await A',
    'forwardRef(() => A)',
    '"]"',
    '[A]',
    '...a',
    '',
  );
  const list = fc
    .array(
      fc.tuple(space, item, space).map((parts) => parts.join('')),
      { maxLength: 4 },
    )
    .chain((items) =>
      fc.constantFrom(`[${items.join(',')}]`, `[${items.join(',')},]`, `[${items.join(',')}] as const`),
    );
  const property = fc.oneof(
    { weight: 4, arbitrary: list.map((value) => `imports: ${value}`) },
    fc.constantFrom(
      'providers: []',
      '"controllers": [A]',
      'imports',
      '...shared',
      '[computed]: 1',
      'exports: [{ imports: [] }]',
    ),
  );
  const metadata = fc
    .array(
      fc.tuple(space, property, space).map((parts) => parts.join('')),
      { maxLength: 3 },
    )
    .map((properties) => `{${properties.join(',')}}`);
  const argument = fc.oneof({ weight: 6, arbitrary: metadata }, fc.constantFrom('', 'metadata'));
  const line = fc.constantFrom(
    "import { A } from './a.js';",
    "import type { B } from './b'",
    'import "reflect-metadata"; // first',
    "import * as all from '@nestjs/config'; /* all */ import b from 'b';",
    '// a comment',
    "export * from './a.js';",
    'const before = [1];',
  );
  const start = fc.constantFrom(
    "import { Module } from '@nestjs/common';",
    "import { Global, Module } from '@nestjs/common'",
    'import {\n  Module,\n} from "@nestjs/common";',
    "import { Module as M } from '@nestjs/common';",
  );
  const whole = fc
    .tuple(
      fc.array(line, { maxLength: 3 }),
      start,
      fc.array(line, { maxLength: 3 }),
      argument,
      fc.constantFrom('', '@Global()\n', '@Global() '),
    )
    .map(([before, main, after, taken, global]) =>
      [
        ...before,
        main,
        ...after,
        '',
        `${global}@${main.includes(' as M') ? 'M' : 'Module'}(${taken})`,
        'export class AppModule {}',
        '',
      ].join('\n'),
    );
  const ended = fc
    .tuple(whole, fc.boolean())
    .map(([text, crlf]) => (crlf ? text.replaceAll('\n', '\r\n') : text));
  const cut = fc
    .tuple(ended, fc.nat(), fc.nat({ max: 12 }))
    .map(([text, at, length]) => text.slice(0, at % text.length) + text.slice((at % text.length) + length));
  return fc.oneof({ weight: 5, arbitrary: ended }, cut);
}

function shapeOf(text: string): { errors: number; declarations: number; entries: number } {
  const { diagnostics = [] } = ts.transpileModule(text, {
    reportDiagnostics: true,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ESNext,
      experimentalDecorators: true,
    },
  });
  const file = ts.createSourceFile('app.module.ts', text, ts.ScriptTarget.Latest, true);
  const type = file.statements.find(ts.isClassDeclaration)!;
  // '@Gl @M({})' has a decorator that is no call.
  const calls = ts
    .getDecorators(type)!
    .map(({ expression }) => expression)
    .filter(ts.isCallExpression);
  const metadata = calls.flatMap((call) => [...call.arguments]).find(ts.isObjectLiteralExpression)!;
  const imports = metadata.properties.find(
    (property) => property.name?.getText().replaceAll(/['"]/g, '') === 'imports',
  );
  const list =
    imports === undefined
      ? undefined
      : ((imports as ts.PropertyAssignment).initializer as ts.ArrayLiteralExpression);
  return {
    errors: diagnostics.filter(({ file: where }) => where !== undefined).length,
    declarations: file.statements.filter(ts.isImportDeclaration).length,
    entries: list?.elements.length ?? 0,
  };
}

/** Whether a text results from another by insertions only. */
function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of whole)
    if (at < part.length && part.startsWith(character, at)) at += character.length;
  return at === part.length;
}
