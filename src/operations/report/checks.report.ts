import { runChecks } from '../../checks/index.js';
import type { BaseConfig } from '../../config/index.js';
import type { CheckReport } from '../operations.report.js';

const KEPT_MS = 10_000;

/** Runs the checks. Some ask servers, so that what they found is kept for 10 seconds. */
export class ChecksReporter {
  #found: Promise<CheckReport> | undefined;
  #until = 0;

  report(config: BaseConfig): Promise<CheckReport> {
    const now = performance.now();
    if (this.#found === undefined || now >= this.#until) {
      this.#found = runChecks(config);
      this.#until = now + KEPT_MS;
    }
    return this.#found;
  }
}
