import { ProductionConfigError } from '../common/production-config.error.js';

/**
 * The operations page would be open to everybody, or its address cannot be used. The message says what to do instead.
 *
 * @example
 * ```ts
 * OperationsModule.forRoot({ guards: [StaffGuard] }); // without guards, and without an address of this machine: refused
 * ```
 */
export class OperationsError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_OPERATIONS';

  constructor(message: string) {
    super('OperationsError', message);
  }
}
