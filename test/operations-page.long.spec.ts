import axe from 'axe-core';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import { OperationsModule } from 'nestjs-production-config/operations';
import { CONTENT_SECURITY_POLICY, renderPage } from '../src/operations/view/page.view.js';
import { FULL_REPORT } from './fixtures/operations.report.js';
import { OwnBrowser } from './support/browser.js';
import { ExampleProcess } from './support/example-process.js';
import { startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';

const WIDE = { width: 1200, height: 1150 };
const NARROW = { width: 360, height: 740 };
const SCHEMES = ['light', 'dark'] as const;
const SHOTS = process.env['SCREENSHOTS'];

/** The page of a report in which every part has something to show, with the headers of the real one. */
async function serveFullReport(): Promise<string> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://localhost');
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(renderPage(FULL_REPORT, { path: 'ops', filter: searchParams.get('filter') ?? '' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close().closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/ops`;
}

async function serveOwnReport(): Promise<string> {
  const { url } = await startApp(
    'express',
    [],
    { config: ProductionConfig, env: { RELEASE: 'v1' } },
    { imports: [OperationsModule.forRoot({ guards: [{ canActivate: () => true }] })] },
  );
  return `${url}/ops`;
}

/** The page of the compiled example, in a process of its own. */
async function serveExample(): Promise<string> {
  const pageEnv = { OPERATIONS_PAGE: 'true', OPERATIONS_PORT: '0' };
  const example = new ExampleProcess({ NODE_ENV: 'production', SECRET_KEY, ...pageEnv });
  onTestFinished(() => example.stop());
  const { stdout } = await example.listening();
  return / The operations page is at (\S+)\n/.exec(stdout)![1]!;
}

const SOURCES = { 'a full report': serveFullReport, 'the report of an application': serveOwnReport };

describeWithServer(
  'the operations page in Chromium',
  () => OwnBrowser.start(),
  (server) => {
    /** Opens the page, and returns what the browser complains of and requests besides. */
    async function open(url: string, options: BrowserContextOptions = {}) {
      const context = await server().browser.newContext({
        viewport: WIDE,
        reducedMotion: 'reduce',
        ...options,
      });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('request', (request) => {
        if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
          complaints.push(request.url());
      });
      await page.goto(url);
      return { page, complaints };
    }

    const overflow = (page: Page) =>
      page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

    describe.each(Object.entries(SOURCES))('%s', (name, serve) => {
      describe.each(SCHEMES)('in the %s scheme', (colorScheme) => {
        it.each([
          ['wide', WIDE, true],
          ['wide', WIDE, false],
          ['narrow', NARROW, true],
          ['narrow', NARROW, false],
        ] as const)(
          'on a %s screen: nothing is loaded, refused or cut off',
          async (size, viewport, javaScriptEnabled) => {
            const { page, complaints } = await open(await serve(), {
              colorScheme,
              viewport,
              javaScriptEnabled,
            });
            expect(await page.locator('h2').allTextContents()).toEqual(
              expect.arrayContaining([
                'Overview',
                'Checks',
                'Settings',
                'Cache',
                'Keys',
                'Lifecycle',
                'Fleet',
              ]),
            );
            if (javaScriptEnabled) expect(await overflow(page)).toBe(0);
            if (SHOTS !== undefined && javaScriptEnabled) {
              const file = `${name.replaceAll(' ', '-')}-${colorScheme}-${size}.png`;
              await page.screenshot({ path: join(SHOTS, file), fullPage: true });
              // The wide, light one of a full report is docs/operations.png.
              await page.screenshot({ path: join(SHOTS, `top-${file}`) });
            }
            expect(complaints).toEqual([]);
          },
        );

        it.each([WIDE, NARROW])('axe finds nothing serious ($width px)', async (viewport) => {
          const { page } = await open(await serve(), { colorScheme, viewport });
          // The policy of the page refuses scripts of others, but not those of the developer tools.
          await page.evaluate(axe.source);
          const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
          expect(
            serious.map(({ id, nodes }) => [
              id,
              nodes.map(({ html, failureSummary }) => [html, failureSummary]),
            ]),
          ).toEqual([]);
        });
      });
    });

    const shownNames = (page: Page) => page.locator('#settings tbody tr:visible th').allTextContents();

    it('the settings are filtered while somebody types, by keyboard alone', async () => {
      const { page, complaints } = await open(await serveFullReport());
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').textContent()).toBe('Skip to the content');
      const input = page.getByLabel('Filter by name');
      while (!(await input.evaluate((element) => element === element.ownerDocument.activeElement)))
        await page.keyboard.press('Tab');
      await page.keyboard.type('cache_t');
      expect(await shownNames(page)).toEqual(['CACHE_TTL_SECONDS']);
      expect(await page.getByRole('status').textContent()).toBe('1 of 14 settings');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\?filter=cache_t#settings$/);
      expect(await shownNames(page)).toEqual(['CACHE_TTL_SECONDS']);
      await input.fill('');
      expect(await shownNames(page)).toHaveLength(14);
      expect(complaints).toEqual([]);
    });

    it('the settings are filtered by the server without JavaScript', async () => {
      const { page, complaints } = await open(await serveFullReport(), { javaScriptEnabled: false });
      await page.getByLabel('Filter by name').fill('REDIS_URL');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\?filter=REDIS_URL#settings$/);
      expect(await shownNames(page)).toEqual(['CACHE_URL']);
      expect(complaints).toEqual([]);
    });

    it('the page of the example opens with and without JavaScript, and loads nothing', async () => {
      const url = await serveExample();
      for (const javaScriptEnabled of [true, false]) {
        const { page, complaints } = await open(url, { javaScriptEnabled });
        expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Operations');
        await page.getByLabel('Filter by name').fill('CATALOGUE_NAME');
        await page.keyboard.press('Enter');
        await page.waitForURL(/\?filter=CATALOGUE_NAME#settings$/);
        expect(await shownNames(page)).toEqual(['CATALOGUE_NAME']);
        expect(await page.content()).not.toContain(SECRET_KEY);
        expect(complaints).toEqual([]);
      }
    });

    it('each link to a section leads to one', async () => {
      const { page } = await open(await serveFullReport());
      const links = page.locator('a[href^="#"]');
      expect(await links.count()).toBeGreaterThan(8);
      for (const link of await links.all()) {
        expect(await page.locator((await link.getAttribute('href'))!).count()).toBe(1);
      }
    });
  },
);
