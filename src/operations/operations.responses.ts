import { Inject, Injectable } from '@nestjs/common';
import { MissingPackageError } from '../common/optional-package.js';
import { OperationsMetrics } from './operations.metrics.js';
import { OperationsReporter } from './operations.reporter.js';
import { CONTENT_SECURITY_POLICY, renderPage } from './view/page.view.js';

/** The token of the path of the page. */
export const OPERATIONS_PATH = Symbol('OPERATIONS_PATH');

/** A whole response. */
export interface OperationsResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The three documents, as parts of the route below the path of the page. */
export const DOCUMENTS = { page: '', json: '.json', metrics: '/metrics' } as const;
export type OperationsDocument = keyof typeof DOCUMENTS;

const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Makes the responses, which are the same on each adapter and on the own server. */
@Injectable()
export class OperationsResponses {
  readonly path: string;
  readonly #reporter: OperationsReporter;
  readonly #metrics: OperationsMetrics;

  constructor(
    @Inject(OPERATIONS_PATH) path: string,
    @Inject(OperationsReporter) reporter: OperationsReporter,
    @Inject(OperationsMetrics) metrics: OperationsMetrics,
  ) {
    this.path = path;
    this.#reporter = reporter;
    this.#metrics = metrics;
  }

  /** @param target of the request: its path, and perhaps a query */
  async answer(document: OperationsDocument, target: string): Promise<OperationsResponse> {
    const [pathname = '', query = ''] = target.split('?', 2);
    if (pathname.endsWith('/')) return this.#withoutSlash(document, query);
    if (document === 'metrics') return this.#metricsText();
    const report = await this.#reporter.report();
    if (document === 'json') return respond(200, 'application/json; charset=utf-8', jsonOf(report));
    const filter = new URLSearchParams(query).get('filter') ?? '';
    return respond(200, 'text/html; charset=utf-8', renderPage(report, { path: this.path, filter }));
  }

  async #metricsText(): Promise<OperationsResponse> {
    try {
      const { type, text } = await this.#metrics.scrape();
      return respond(200, type, text);
    } catch (error) {
      if (!(error instanceof MissingPackageError)) throw error;
      return respond(501, 'text/plain; charset=utf-8', `${error.message}\n`);
    }
  }

  /** The links of the page are relative to a path without a slash at the end. */
  #withoutSlash(document: OperationsDocument, query: string): OperationsResponse {
    const last = `${this.path}${DOCUMENTS[document]}`.split('/').at(-1)!;
    const location = `../${last}${query === '' ? '' : `?${query}`}`;
    const { headers, ...rest } = respond(308, 'text/plain; charset=utf-8', '');
    return { ...rest, headers: { ...headers, Location: location } };
  }
}

/** A response of plain text, HTML or JSON. */
export function respond(status: number, type: string, body: string): OperationsResponse {
  return { status, headers: { ...HEADERS, 'Content-Type': type }, body };
}

function jsonOf(report: object): string {
  const text = JSON.stringify(
    report,
    (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    2,
  );
  return `${text}\n`;
}
