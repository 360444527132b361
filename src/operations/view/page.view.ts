import { createHash } from 'node:crypto';
import type { OperationsReport } from '../operations.report.js';
import { cacheSection } from './cache.view.js';
import { checksSection } from './checks.view.js';
import { fleetSection } from './fleet.view.js';
import { type Html, html, inline } from './html.js';
import { keysSection } from './keys.view.js';
import { lifecycleSection } from './lifecycle.view.js';
import { listsSection } from './lists.view.js';
import { overviewSection, renderStatus } from './overview.view.js';
import { SCRIPT } from './page.script.js';
import { STYLE } from './style/page.style.js';
import { renderSection, type Section } from './parts.js';
import { time } from './quantities.js';
import { settingsSection } from './settings.view.js';

const hashOf = (text: Html) => `'sha256-${createHash('sha256').update(String(text)).digest('base64')}'`;

/** The page may load nothing, and run nothing but its own style and script. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What the page needs besides the report. */
export interface PageOptions {
  /** The path of the page, without slashes around it. */
  readonly path: string;
  /** What the user looks for in the settings; '' for all. */
  readonly filter: string;
}

/** The whole document, which works without its script. Its links are relative, for prefixes and proxies. */
export function renderPage(report: OperationsReport, { path, filter }: PageOptions): string {
  const name = path.split('/').at(-1)!;
  const sections = sectionsOf(report, filter.slice(0, 100));
  const { process, at } = report;
  const title = `Operations: ${process.config} on ${process.host}`;
  return String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title}</title>
          <link rel="icon" href="data:," />
          ${inline('style', STYLE)}
        </head>
        <body>
          <a class="skip" href="#main">Skip to the content</a>
          <header>
            <div class="title">
              <div>
                <h1>Operations</h1>
                <p class="lead">
                  <code>${process.config}</code> on <code>${process.host}</code>, ${time(at)}
                </p>
              </div>
              <p class="lead links">
                <a href="">Refresh</a> <a href="${name}.json">JSON</a> <a href="${name}/metrics">Metrics</a>
              </p>
            </div>
            ${renderStatus(report)}
          </header>
          <div class="columns">
            <nav aria-label="Sections">
              <ul>
                ${sections.map(({ id, title: text }) => html`<li><a href="#${id}">${text}</a></li>`)}
              </ul>
            </nav>
            <main id="main" tabindex="-1">${sections.map(renderSection)}</main>
          </div>
          <footer>Read-only. Secrets are never shown.</footer>
          ${inline('script', SCRIPT)}
        </body>
      </html> `,
  );
}

function sectionsOf(report: OperationsReport, filter: string): Section[] {
  return [
    overviewSection(report),
    checksSection(report.checks),
    settingsSection(report.settings, filter),
    cacheSection(report.cache),
    ...(report.lists === undefined ? [] : [listsSection(report.lists)]),
    keysSection(report.keys),
    lifecycleSection(report.lifecycle),
    fleetSection(report.fleet),
  ];
}
