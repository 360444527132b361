import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokenLinks, markdownPages } from './support/markdown.js';
import { ROOT, run } from './support/run.js';

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly string[];
}

describe('the tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tarball-'));
  const unpacked = join(folder, 'package');
  let files: readonly string[];

  beforeAll(() => {
    // The scripts would rebuild dist/ while other specs use it.
    const options = ['--json', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const output = execFileSync('npm', ['pack', ...options], { cwd: ROOT, encoding: 'utf8' });
    const [packed] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
    files = packed.files.map(({ path }) => path);
    execFileSync('tar', ['-xzf', packed.filename], { cwd: folder });
    return () => rmSync(folder, { recursive: true });
  });

  it('contains only the build, the schematics, the example and the documents', () => {
    const expected =
      /^(dist\/.+\.(c?js|d\.c?ts|c?js\.map)|package\.json|schematics\/.+\.json|docs\/[\w-]+\.(md|png)|example\/.+)$/;
    const read = [
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'docker-compose.yml',
    ];
    expect(files.filter((path) => !expected.test(path)).toSorted()).toEqual(read);
    expect(files).toContain('dist/index.js');
    expect(files).toContain('dist/cli/main.js');
  });

  it('contains few modules, because many would delay the start of a service', () => {
    const modules = files.filter((path) => path.startsWith('dist/') && path.endsWith('.js'));
    const entries = modules.filter((path) => !path.startsWith('dist/chunks/'));
    expect(entries.toSorted()).toEqual([
      'dist/cli/main.js',
      'dist/index.js',
      'dist/operations/index.js',
      'dist/schematics/nest-add.js',
      'dist/schematics/protect-env.js',
      'dist/swagger/index.js',
      'dist/testing/index.js',
    ]);
    expect(modules.length).toBeLessThan(50);
  });

  it('contains no page with a link to a missing file or heading', () => {
    const pages = markdownPages(unpacked);
    expect(pages.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['README.md', 'SECURITY.md', 'docs/README.md']),
    );
    const broken = pages.flatMap((page) =>
      brokenLinks(page, pages, unpacked).map((target) => `${page.path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('contains every file of the example that its pages mention', () => {
    const pages = markdownPages(unpacked).filter(({ path }) => path !== 'CONTRIBUTING.md');
    const named = pages.flatMap(({ text }) =>
      Array.from(text.matchAll(/`(example\/[\w./-]+|docker-compose\.yml)`/g), ([, path = '']) => path),
    );
    expect(named).toContain('example/Dockerfile');
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  it('contains every source map that its files reference, each with its sources, and each source once', () => {
    const named = files
      .filter((path) => /\.(c?js|d\.c?ts)$/.test(path))
      .flatMap((path) =>
        [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^\/\/# sourceMappingURL=(.+)$/gm)].map(
          ([, url = '']) => join(dirname(path), url),
        ),
      );
    expect(named.toSorted()).toEqual(files.filter((path) => path.endsWith('.map')).toSorted());
    expect(named).toContain('dist/index.js.map');
    const mapped: string[] = [];
    for (const path of named) {
      const { sources, sourcesContent = [] } = JSON.parse(
        readFileSync(join(ROOT, path), 'utf8'),
      ) as SourceMap;
      const originals = sources.map((source) => readFileSync(join(ROOT, dirname(path), source), 'utf8'));
      expect(sourcesContent, path).toEqual(originals);
      mapped.push(...sources.map((source) => join(dirname(path), source)));
    }
    const withCode = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .map((name) => join('src', name))
      .filter((path) => /\.c?ts$/.test(path))
      .filter((path) =>
        /^(?:export )?(?:class|function|const) /m.test(readFileSync(join(ROOT, path), 'utf8')),
      );
    // A file in two bundles would make each of its classes twice.
    expect(mapped.filter((path, at) => mapped.indexOf(path) !== at)).toEqual([]);
    expect(withCode.filter((path) => !mapped.includes(path))).toEqual([]);
    expect(withCode.length).toBeGreaterThan(100);
  });
});

describe('a release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: folder });
  const release = (env: Record<string, string> = {}) => run('test/package/release.mjs', { cwd: folder, env });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is refused without a changelog entry, with uncommitted changes, or with provenance of no repository', async () => {
    git('init', '--quiet');
    writeFileSync(join(folder, 'package.json'), '{ "version": "1.1.0" }');
    writeFileSync(
      join(folder, 'CHANGELOG.md'),
      '# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - 2026-01-31\n',
    );
    const both = await release();
    expect(both.code).toBe(1);
    expect(both.stderr).toMatch(
      /^not released: CHANGELOG.md has 1.0.0 at the top, package.json 1.1.0: name /,
    );
    expect(both.stderr).toMatch(/^not released: the working tree is not clean: commit or stash\n\?\? C/m);

    git('add', '.');
    git('commit', '--quiet', '--message', 'without an entry');
    expect(await release()).toMatchObject({ code: 1, stderr: expect.not.stringContaining('not clean') });

    const entry = '## [Unreleased]\n\n## [1.1.0] - 2026-02-28\n';
    writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n${entry}\n## [1.0.0] - 2026-01-31\n`);
    expect(await release()).toMatchObject({
      code: 1,
      stderr: expect.not.stringContaining('CHANGELOG.md has'),
    });

    git('commit', '--quiet', '--all', '--message', 'with an entry');
    expect(await release()).toEqual({ code: 0, stdout: '', stderr: '' });

    const proven = await release({ npm_config_provenance: 'true' });
    expect([proven.code, proven.stderr]).toEqual([1, expect.stringContaining('names its `repository`')]);
    writeFileSync(
      join(folder, 'package.json'),
      '{ "version": "1.1.0", "repository": "github:orders/config" }',
    );
    git('commit', '--quiet', '--all', '--message', 'with a repository');
    expect(await release({ npm_config_provenance: 'true' })).toMatchObject({ code: 0 });
  });
});

describe('an error in the built package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'installed-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('shows its source location with --enable-source-maps, although the sources are not published', async () => {
    cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    expect(existsSync(join(folder, 'src'))).toBe(false);
    const script = `import { ProductionConfig } from './dist/index.js'; new ProductionConfig();`;
    const { code, stderr } = await run('', {
      cwd: folder,
      node: ['--enable-source-maps', '--input-type=module', '--eval', script],
    });
    expect(code).toBe(1);
    const [, path = '', line = ''] = /\/(src\/config\/[\w./-]+\.ts):(\d+):\d+\)?$/m.exec(stderr) ?? [];
    const original = readFileSync(join(ROOT, path), 'utf8').split('\n')[Number(line) - 1] ?? '';
    expect(original).toContain('throw ');
    expect(stderr).toContain(original.trim());
  });
});
