import { ProductionConfigError } from '../../common/production-config.error.js';

/** The lowest supported minor version of each major version below EVERY_FROM. */
const LINES: ReadonlyMap<number, number> = new Map([
  [20, 19],
  [22, 12],
]);
const EVERY_FROM = 24;

/**
 * This version of Node cannot run the package. The message says which ones can.
 *
 * @example
 * ```ts
 * try {
 *   AppConfig.load();
 * } catch (error) {
 *   if (error instanceof UnsupportedNodeError) console.error(error.message);
 * }
 * ```
 */
export class UnsupportedNodeError extends ProductionConfigError {
  /** Stable. */
  readonly code = 'ERR_UNSUPPORTED_NODE';

  constructor(version: string) {
    super(
      'UnsupportedNodeError',
      `nestjs-production-config needs Node 20 from 20.19, Node 22 from 22.12, or Node 24 and later: this is ${version}`,
    );
    // The stack frames would only point into this package.
    Object.defineProperty(this, 'stack', { value: `${this.name}: ${this.message}`, configurable: true });
  }
}

/** Enforces `engines` of package.json: npm only warns about it. */
export function assertSupportedNode(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const lowest = major >= EVERY_FROM ? 0 : LINES.get(major);
  if (lowest === undefined || minor < lowest) throw new UnsupportedNodeError(version);
}
