import type { Readiness } from './readiness.js';

/** A shutdown in progress. */
export interface DrainReport {
  /** The signal that began it. */
  readonly signal: string;
  /** 'draining': it serves as before; 'closing': it waits for the requests in flight; 'hooks': Nest's hooks run. */
  readonly phase: 'draining' | 'closing' | 'hooks';
  /** ISO time. */
  readonly startedAt: string;
  /** Seconds from the signal until the last request ended or was cut off; until now if some are still in flight. */
  readonly seconds: number;
  /** How many requests and messages were cut off because they took too long. */
  readonly cutOff: number;
}

/** Where a process is between start and end, for the operations page. */
export interface LifecycleReport {
  /** As `Readiness.state`. */
  readonly state: Readiness['state'];
  /** As `Readiness.reasons`. */
  readonly reasons: readonly string[];
  /** Includes the request that asks for the report. Undefined without `shutdownGracefully()`. */
  readonly requestsInFlight: number | undefined;
  /** Undefined while no shutdown is in progress. */
  readonly drain: DrainReport | undefined;
}

/** What `shutdownGracefully()` knows about an application. */
interface Tracked {
  readonly requestsInFlight: () => number;
  readonly drain: () => DrainReport | undefined;
}

const tracked = new WeakMap<Readiness, Tracked>();

/** Makes the reports of an application show what `shutdownGracefully()` knows. */
export function trackLifecycle(readiness: Readiness, lifecycle: Tracked): void {
  tracked.set(readiness, lifecycle);
}

export function reportLifecycle(readiness: Readiness): LifecycleReport {
  const { state, reasons } = readiness;
  const lifecycle = tracked.get(readiness);
  return { state, reasons, requestsInFlight: lifecycle?.requestsInFlight(), drain: lifecycle?.drain() };
}
