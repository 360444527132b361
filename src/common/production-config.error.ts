/** The codes of this package's errors. Stable; docs/errors.md explains how to fix each of them. */
export type ProductionConfigErrorCode =
  | 'ERR_CACHE_KEY'
  | 'ERR_CACHE_LOAD_CYCLE'
  | 'ERR_CACHE_LOAD_OPTIONS'
  | 'ERR_CACHE_LOAD_TIMEOUT'
  | 'ERR_CACHE_METHOD_KEY'
  | 'ERR_CACHE_METHOD_RESULT'
  | 'ERR_CACHE_TAG'
  | 'ERR_CACHE_TTL'
  | 'ERR_CONFIG_DEFINITION'
  | 'ERR_CONFIG_REJECTED'
  | 'ERR_KEY_RING'
  | 'ERR_LIFECYCLE'
  | 'ERR_MISSING_PACKAGE'
  | 'ERR_OPERATIONS'
  | 'ERR_PAGE_DIRECTION'
  | 'ERR_PAGE_KEY'
  | 'ERR_PAGE_OVERRUN'
  | 'ERR_PAGE_REQUEST'
  | 'ERR_PAGE_TOTAL'
  | 'ERR_REQUIRE_UNSUPPORTED'
  | 'ERR_UNSUPPORTED_NODE';

/**
 * The base class of this package's errors. `code` is stable; the message says what to do next and contains no secret.
 *
 * PageRequestError is the exception: it extends BadRequestException, so that Nest answers with status 400.
 *
 * @example
 * ```ts
 * try {
 *   AppConfig.load();
 * } catch (error) {
 *   if (error instanceof ProductionConfigError) console.error(error.code);
 * }
 * ```
 */
export abstract class ProductionConfigError extends Error {
  /** Stable. */
  abstract readonly code: ProductionConfigErrorCode;

  constructor(name: string, message: string) {
    super(message);
    Object.defineProperty(this, 'name', { value: name, writable: true, configurable: true });
  }
}
