import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { withTimeout } from '../common/timeout.js';

/** Options of `Readiness.check()`. */
export interface ReadinessCheckOptions {
  /** Milliseconds after which a run counts as failed. Default: 1000. */
  readonly timeoutMs?: number | undefined;
  /** Seconds between the end of a run and the next one. Default: 5. */
  readonly everySeconds?: number | undefined;
}

/** The result of `Readiness.indicator()`, as `@nestjs/terminus` expects it. */
export type ReadinessIndicator<Key extends string> = Record<
  Key,
  {
    /** 'up' if the process is ready. */
    readonly status: 'up' | 'down';
    /** As `Readiness.state`. */
    readonly state: Readiness['state'];
    /** As `Readiness.reasons`. */
    readonly reasons: readonly string[];
  }
>;

/**
 * Whether this process should get requests; `/readyz` shows it. A process is not ready until it has started, while
 * something holds it back, while a check fails, and once its shutdown has begun.
 *
 * Check only what this process alone lacks, such as a warm-up. A database or a cache that all processes share does not
 * belong here: if it fails, every process would be taken out of service at once, also for requests that do not need it.
 *
 * @example
 * ```ts
 * constructor(readiness: Readiness, database: Database) {
 *   const release = readiness.hold('the first product is being loaded');
 *   void database.product(1).then(release);
 * }
 * ```
 */
@Injectable()
export class Readiness implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #phase: 'starting' | 'started' | 'draining' = 'starting';
  /** The reasons of holds and failed checks, each by its own object. */
  readonly #reasons = new Map<object, string>();
  readonly #timers = new Map<object, NodeJS.Timeout | undefined>();

  /** 'draining': the process ends, and finishes the requests that it has. */
  get state(): 'starting' | 'ready' | 'draining' {
    if (this.#phase === 'draining') return 'draining';
    return this.#phase === 'started' && this.#reasons.size === 0 ? 'ready' : 'starting';
  }

  /** Why the process is not ready; empty if it is. */
  get reasons(): readonly string[] {
    const phases = {
      starting: ['the application is starting'],
      started: [],
      draining: ['the application is ending'],
    };
    return [...phases[this.#phase], ...this.#reasons.values()];
  }

  /**
   * A health indicator of `@nestjs/terminus`: down while the process is not ready, with the reasons.
   *
   * @param key the name of the indicator
   *
   * @example
   * ```ts
   * @Get('health')
   * @HealthCheck()
   * health() {
   *   return this.checks.check([() => this.readiness.indicator()]);
   * }
   * ```
   */
  indicator<const Key extends string = 'readiness'>(key = 'readiness' as Key): ReadinessIndicator<Key> {
    const { state, reasons } = this;
    const status = state === 'ready' ? 'up' : 'down';
    return { [key]: { status, state, reasons } } as ReadinessIndicator<Key>;
  }

  /**
   * Holds readiness back, for example during a warm-up. Returns a function that ends the hold.
   *
   * @param reason shown by `/readyz`, so it must not contain a secret
   */
  hold(reason: string): () => void {
    const key = {};
    this.#reasons.set(key, reason);
    return () => void this.#reasons.delete(key);
  }

  /**
   * Checks in the background, at once and then periodically. The process is ready while the last run succeeded. Errors are
   * not shown, because they may contain secrets: `/readyz` names the check. Returns a function that ends the check.
   *
   * @param name shown by `/readyz`
   * @param run succeeds if it returns, or its promise resolves, to anything but false
   */
  check(name: string, run: () => unknown, options: ReadinessCheckOptions = {}): () => void {
    const { timeoutMs = 1000, everySeconds = 5 } = options;
    const key = {};
    this.#reasons.set(key, `${name} has not been checked yet`);
    this.#timers.set(key, undefined);
    const runOnce = async () => {
      const isSound = await withTimeout(Promise.resolve().then(run), timeoutMs, () => new Error('late')).then(
        (result) => result !== false,
        () => false,
      );
      if (!this.#timers.has(key)) return;
      if (isSound) this.#reasons.delete(key);
      else this.#reasons.set(key, `${name} fails`);
      this.#timers.set(key, setTimeout(() => void runOnce(), everySeconds * 1000).unref());
    };
    void runOnce();
    return () => {
      clearTimeout(this.#timers.get(key));
      this.#timers.delete(key);
      this.#reasons.delete(key);
    };
  }

  /** The shutdown has begun. @hidden */
  drain(): void {
    this.#phase = 'draining';
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#reasons.clear();
  }

  /** @hidden */
  onApplicationBootstrap(): void {
    if (this.#phase === 'starting') this.#phase = 'started';
  }

  /** @hidden */
  beforeApplicationShutdown(): void {
    this.drain();
  }
}
