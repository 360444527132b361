import { type BaseConfig, stateOf } from '../../config/index.js';
import type { CheckReport } from '../operations.report.js';

/** What the boot warned of. */
export function reportChecks(config: BaseConfig): CheckReport {
  const findings = stateOf(config).warnings.map((warning) => ({ ...warning }));
  return { findings, silenced: [], unusedSilences: [] };
}
