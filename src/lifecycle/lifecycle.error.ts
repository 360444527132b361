import { ProductionConfigError } from '../common/production-config.error.js';

/** `shutdownGracefully()` or the options of its probes are used incorrectly. The message says what to do instead. */
export class LifecycleError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_LIFECYCLE';

  constructor(message: string) {
    super('LifecycleError', message);
  }
}
