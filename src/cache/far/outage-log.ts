import { Logger } from '@nestjs/common';
import { CacheCredentialsError } from './credentials.error.js';
import { SentinelsUnreachableError, UnsupportedServerError } from './unsupported-server.error.js';

const QUIET_MS = 10_000;
// Longer than the pause between two connection attempts.
const RECOVERED_AFTER_MS = 4_000;

/** Replies of a cluster that moves keys to another master: no outage. */
const REDIRECTS = new Set(['MOVED', 'ASK', 'TRYAGAIN']);

/** What fails, and the keys that are affected: text with a leading space, or empty. */
export type OutageText = readonly [what: string, scope: string];

/** Logs outages of the shared cache, at most once in 10 s, and recoveries. It shows codes only: messages may hold secrets. */
export class OutageLog {
  private readonly logger = new Logger('Cache');
  private readonly reasons = new Map<string, number>();
  private lastFailureAt = 0;
  private quietTimer: NodeJS.Timeout | undefined;

  /**
   * @param isConnected without a connection, an outage lasts, however long an attempt takes
   * @param describe what fails, and what it means
   */
  constructor(
    private readonly isConnected: () => boolean,
    private readonly describe = (): OutageText => ['The shared cache fails', ''],
  ) {}

  record(error: unknown): void {
    const reason = reasonOf(error);
    if (REDIRECTS.has(reason)) return;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    this.lastFailureAt = performance.now();
    if (this.quietTimer === undefined) this.logOutage();
  }

  close(): void {
    clearTimeout(this.quietTimer);
  }

  private logOutage(): void {
    const reasons = [...this.reasons].map(([reason, times]) =>
      times === 1 ? reason : `${times} × ${reason}`,
    );
    this.reasons.clear();
    const [what, scope] = this.describe();
    this.logger.warn(
      `${what} (${reasons.join(', ')}): this process uses only its own cache${scope}, and keeps retrying.`,
    );
    this.quietTimer = setTimeout(() => this.logRecoveryOrRepeat(), QUIET_MS).unref();
  }

  private logRecoveryOrRepeat(): void {
    this.quietTimer = undefined;
    const isRecent = performance.now() - this.lastFailureAt < RECOVERED_AFTER_MS;
    if (isRecent || !this.isConnected()) return this.logOutage();
    this.reasons.clear();
    this.logger.log('The shared cache is in use again.');
  }
}

/** A code or class name of the error, which contains no user data. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'an error';
  if (error instanceof UnsupportedServerError || error instanceof CacheCredentialsError) return error.message;
  if (error instanceof SentinelsUnreachableError) return `${error.message}: ${reasonOf(error.cause)}`;
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
  const [word] = /^[A-Z]{3,20}(?=[ :]|$)/.exec(message) ?? [];
  return word ?? error.constructor.name;
}
