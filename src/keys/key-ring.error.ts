import { ProductionConfigError } from '../common/production-config.error.js';

/**
 * A key ring was used incorrectly. Never contains the data to be signed.
 *
 * @example
 * ```ts
 * keys.sign('password-reset', 'ada@example.com'); // without a purpose it would be refused
 * ```
 */
export class KeyRingError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_KEY_RING';

  constructor(message: string) {
    super('KeyRingError', message);
  }
}
