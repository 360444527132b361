/** Where the workers of a service report. Each call rejects while the server is away, or if it refuses. */
export interface FleetStore {
  /** Reports that a worker lives, and returns whether it is the one that watches the others. */
  report(worker: WorkerReport): Promise<boolean>;
  /** Removes a worker. @param drain how its shutdown went, kept for the next reader; undefined if it is unknown */
  leave(worker: Pick<WorkerReport, 'state' | 'instance'>, drain: string | undefined): Promise<void>;
  /** Reads the states that live workers have, at most `limit`. */
  read(limit: number): Promise<FleetReading>;
  /** Replaces what was last said about the workers, and returns it. */
  exchangeNotice(notice: string): Promise<string | null>;
  close(): void;
}

/** What a worker reports. */
export interface WorkerReport {
  /** The id of its state: the same for all workers with the same details. */
  readonly state: string;
  readonly instance: string;
  readonly details: string;
  /** The state that it had before. */
  readonly left?: string | undefined;
}

/** What live workers have reported. */
export interface FleetReading {
  /** Milliseconds since the first report; -1 if there is none. */
  readonly ageMs: number;
  /** How many states there are. */
  readonly states: number;
  readonly read: readonly StateReading[];
  /** How the last shutdown went. */
  readonly drain: string | null;
}

/** A state, and the workers that have it. */
interface StateReading {
  readonly workers: number;
  /** Some of them. */
  readonly instances: readonly string[];
  readonly details: string;
}
