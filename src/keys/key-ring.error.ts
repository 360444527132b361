import { ProductionConfigError } from '../common/production-config.error.js';

/** A key ring was asked for what it cannot do. Never holds the data that was to be signed. */
export class KeyRingError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_KEY_RING';

  constructor(message: string) {
    super('KeyRingError', message);
  }
}
