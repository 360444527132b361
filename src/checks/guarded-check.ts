import { errorName } from '../common/error-name.js';
import { withTimeout } from '../common/timeout.js';
import type { ConfigWarning } from '../config/index.js';

/** The most milliseconds that a check of an application takes. */
const MAX_MS = 2000;

class LateError extends Error {}

type Run = () => Promise<ConfigWarning[]>;

/** What a check has found. If it throws, that is a finding; the error may contain a secret. */
export async function guarded(id: ConfigWarning['id'], run: Run): Promise<ConfigWarning[]> {
  try {
    return await run();
  } catch (error) {
    return [error instanceof LateError ? lateFinding(id) : failureFinding(id, error)];
  }
}

/** The same, for a check that may take too long, which is a finding, too. */
export function guardedInTime(id: ConfigWarning['id'], run: Run): Promise<ConfigWarning[]> {
  return guarded(id, () => withTimeout(run(), MAX_MS, () => new LateError()));
}

function lateFinding(id: ConfigWarning['id']): ConfigWarning {
  return {
    id,
    message: `The check ${id} did not end within ${MAX_MS / 1000} s`,
    fix: 'limit the time that it waits',
  };
}

function failureFinding(id: ConfigWarning['id'], error: unknown): ConfigWarning {
  return {
    id,
    message: `The check ${id} failed (${errorName(error)})`,
    fix: 'catch the error in its run(), and return a finding',
  };
}
