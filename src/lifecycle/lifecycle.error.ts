import { ProductionConfigError } from '../common/production-config.error.js';

/**
 * `shutdownGracefully()` or the options of its probes are used incorrectly. The message says what to do instead.
 *
 * @example
 * ```ts
 * shutdownGracefully(app); // a second call for the same application would be refused
 * ```
 */
export class LifecycleError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_LIFECYCLE';

  constructor(message: string) {
    super('LifecycleError', message);
  }
}
