import { errorName } from '../common/error-name.js';
import { withTimeout } from '../common/timeout.js';
import type { ConfigWarning } from '../config/index.js';

/** The most milliseconds that a check takes. */
const MAX_MS = 2000;

class LateError extends Error {}

/** What a check has found. If it throws or takes too long, that is a finding; the error may contain a secret. */
export async function guarded(
  id: ConfigWarning['id'],
  run: () => Promise<ConfigWarning[]>,
): Promise<ConfigWarning[]> {
  try {
    return await withTimeout(run(), MAX_MS, () => new LateError());
  } catch (error) {
    return [error instanceof LateError ? lateFinding(id) : failureFinding(id, error)];
  }
}

function lateFinding(id: ConfigWarning['id']): ConfigWarning {
  return {
    id,
    message: `The check ${id} could not be run: it takes more than ${MAX_MS / 1000} s`,
    fix: 'limit the time that it waits',
  };
}

function failureFinding(id: ConfigWarning['id'], error: unknown): ConfigWarning {
  return {
    id,
    message: `The check ${id} could not be run (${errorName(error)})`,
    fix: 'catch the error in its run(), and return a finding',
  };
}
