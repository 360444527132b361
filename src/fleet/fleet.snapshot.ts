/** What the workers of a service report. Names of settings only, never their values. */
export type FleetSnapshot =
  | {
      /** All live workers have reported. */
      readonly state: 'known';
      /** How many workers there are. */
      readonly workers: number;
      /** How many further states of workers were not read; 0 unless there are more than 100. */
      readonly unread: number;
      /** The workers by release, those with the most first. Workers of different releases are not compared. */
      readonly releases: readonly FleetRelease[];
      /** The keys of all workers. */
      readonly keys: readonly {
        /** The public id of the key. */
        readonly id: string;
        /** On how many workers it verifies. */
        readonly accepted: number;
        /** On how many workers it signs. */
        readonly signs: number;
      }[];
      /** The last worker that has ended by `shutdownGracefully()`, for a week; null if there is none. */
      readonly lastDrain: FleetDrain | null;
    }
  | {
      /**
       * Nothing is known: the server is away or has just been started, the first workers have just been started, or this
       * application has no fleet.
       */
      readonly state: 'unknown';
    };

/** How the shutdown of a worker went. */
export interface FleetDrain {
  /** As `<host>:<process id>:<random text>`. */
  readonly instance: string;
  /** RELEASE; null if it is unset. */
  readonly release: string | null;
  /** ISO time at which it began. */
  readonly startedAt: string;
  /** Seconds from the signal until the last request ended or was cut off. */
  readonly seconds: number;
  /** How many requests and messages were cut off because they took too long. */
  readonly cutOff: number;
}

/** The workers of one release. */
export interface FleetRelease {
  /** RELEASE; null if it is unset. */
  readonly release: string | null;
  /** How many workers have it. */
  readonly workers: number;
  /** The settings that have different values; empty if all workers agree. */
  readonly drift: readonly {
    /** The name of the setting. */
    readonly setting: string;
    /** The workers with each value, the most first. */
    readonly variants: readonly {
      /** How many workers have this value. */
      readonly workers: number;
    }[];
  }[];
  /**
   * The workers whose keys have nothing in common with those of the others. They refuse what the others sign, and their
   * settings cannot be compared.
   */
  readonly incomparable: number;
  /** The workers that have the same values of all settings, the largest group first. */
  readonly groups: readonly {
    /** How many workers are in it. */
    readonly workers: number;
    /** Some of them, as `<host>:<process id>:<random text>`. */
    readonly instances: readonly string[];
  }[];
}
