import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { JSONOutput } from 'typedoc';
import { ReflectionKind } from 'typedoc/models';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { OwnBrowser } from './support/browser.js';
import { describeWithServer } from './support/real-server.js';
import { ROOT } from './support/run.js';

const GROUPS = [
  'Configuration',
  'Keys',
  'Cache',
  'Pagination',
  'Lifecycle',
  'Operations and fleet',
  'Errors',
  'Decorators',
];
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
};

const folder = mkdtempSync(join(tmpdir(), 'api-'));
afterAll(() => rmSync(folder, { recursive: true }));

let reference: JSONOutput.ProjectReflection;
let text: string;

// As npm run docs:api does, which refuses warnings.
beforeAll(async () => {
  const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc');
  const json = join(folder, 'api.json');
  await promisify(execFile)(process.execPath, [typedoc, '--out', folder, '--json', json], { cwd: ROOT });
  text = readFileSync(json, 'utf8');
  reference = JSON.parse(text) as JSONOutput.ProjectReflection;
});

/** The modules are the entries of the package. */
const modules = () => reference.children as JSONOutput.DeclarationReflection[];
const exported = () =>
  modules().flatMap(({ children = [] }) => children as JSONOutput.DeclarationReflection[]);

describe('the API reference', () => {
  it('puts each export into the group of its purpose', () => {
    const grouped = modules().flatMap(({ groups = [] }) => groups);
    expect(new Set(grouped.map(({ title }) => title))).toEqual(new Set(GROUPS));
    const names = new Map(exported().map(({ id, name }) => [id, name]));
    for (const { children = [] } of grouped) for (const id of children) names.delete(id);
    expect([...names.values()]).toEqual([]);
    const groupsOf = (name: string) => {
      const { id } = exported().find((symbol) => symbol.name === name)!;
      return grouped.filter(({ children = [] }) => children.includes(id)).map(({ title }) => title);
    };
    expect(['ProductionConfig', 'KeyRing', 'LoadingCache', 'Page'].map(groupsOf)).toEqual([
      ['Configuration'],
      ['Keys'],
      ['Cache'],
      ['Pagination'],
    ]);
    expect(['Readiness', 'Fleet', 'KeyRingError', 'Cacheable'].map(groupsOf)).toEqual([
      ['Lifecycle'],
      ['Operations and fleet'],
      ['Errors'],
      ['Decorators'],
    ]);
  });

  it('has an example for each class, function and decorator', () => {
    const main = exported().filter(({ kind }) =>
      [ReflectionKind.Class, ReflectionKind.Function].includes(kind),
    );
    expect(main.length).toBeGreaterThan(50);
    const bare = main.filter(({ comment, signatures = [] }) =>
      [comment, ...signatures.map((signature) => signature.comment)].every(
        (block) => !block?.blockTags?.some(({ tag }) => tag === '@example'),
      ),
    );
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  it('names each parameter', () => {
    expect(text).not.toContain('__namedParameters');
  });
});

describeWithServer(
  'the API reference in Chromium',
  () => OwnBrowser.start(),
  (server) => {
    it('leads from its version, the guides and the search to a symbol, and asks nothing elsewhere', async () => {
      const origin = await serve(folder);
      const page = await server().browser.newPage();
      onTestFinished(() => page.close());
      const complaints: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on(
        'request',
        (request) => new URL(request.url()).origin === origin || complaints.push(request.url()),
      );

      await page.goto(origin);
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
      expect(await page.locator('h1').first().textContent()).toBe(`nestjs-production-config - v${version}`);
      expect(await page.locator('.tsd-panel p').first().textContent()).toContain('safe to deploy');
      await page.locator('.tsd-panel').getByRole('link', { name: 'secrets.md' }).click();
      expect(await page.locator('h1').first().textContent()).toBe('Secrets and keys');

      await page.locator('#tsd-search-trigger').click();
      await page.locator('#tsd-search-input').fill('loadingcache');
      await page.locator('#tsd-search-results a').first().click();
      await page.waitForURL('**/nestjs-production-config.LoadingCache.html');
      expect(await page.locator('h1').first().textContent()).toContain('LoadingCache');
      expect(await page.locator('pre code').first().textContent()).toContain('this.cache.get(');
      expect(complaints).toEqual([]);
    });
  },
);

/** The files of a folder on a local port, until the test ends. */
async function serve(root: string): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = join(root, pathname === '/' ? 'index.html' : pathname);
    // Browsers ask for /favicon.ico by themselves.
    if (!existsSync(path)) return response.writeHead(pathname === '/favicon.ico' ? 204 : 404).end();
    response.setHeader('Content-Type', CONTENT_TYPES[extname(path)] ?? 'application/octet-stream');
    return response.end(readFileSync(path));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
