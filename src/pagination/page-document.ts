import type { CheckedEnvelope } from './page-envelope.js';
import type { ParameterNames } from './page-params.js';

const DOCUMENT = 'production-config:document-page';

/** What a decorator cannot know of a paged route, because the application decides it. */
export interface DocumentedPage {
  readonly names: ParameterNames;
  /** Undefined for `{ items, page }`. */
  readonly envelope: CheckedEnvelope | undefined;
}

/** Calls back with the names and the envelope when an application with this handler starts. */
export function onDocumentedPage(handler: Function, document: (page: DocumentedPage) => void): void {
  Reflect.defineMetadata(DOCUMENT, document, handler);
}

/** Completes the documentation of a handler, if it is documented. */
export function documentPage(handler: Function, page: DocumentedPage): void {
  const document = Reflect.getMetadata(DOCUMENT, handler) as ((page: DocumentedPage) => void) | undefined;
  document?.(page);
}
