import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { errorName } from '../common/error-name.js';
import type { FleetStore } from '../common/fleet-store.js';
import type { MetricRegistry } from '../common/metric-registry.js';
import { MetricRegistrations, SharedMetrics } from '../common/shared-metrics.js';
import { settlesWithin } from '../common/timeout.js';
import type { KeyRing } from '../keys/index.js';
import { DriftLog } from './drift-log.js';
import { FLEET_FIGURES } from './fleet.figures.js';
import type { FleetDrain, FleetSnapshot } from './fleet.snapshot.js';
import { describeWorker, releaseOf } from './worker-state.js';

/** A process that ends sooner, such as a script, makes no connection. */
const FIRST_REPORT_MS = 1_000;
const REPORT_EVERY_MS = 5_000;
/** A server that refuses is asked less often. */
const REFUSED_EVERY_MS = 60_000;
const LEAVE_MS = 500;
/** A server without room for another connection does not refuse what is reported. */
const REFUSAL = /^(?!ERR max number of clients)(?:ERR .*)?(NOPERM|ERR)\b/;
/** What a process knows of its own shutdown. */
type OwnDrain = Omit<FleetDrain, 'instance' | 'release'>;

const shared = new SharedMetrics<FleetSnapshot>('Fleet.register()');

/**
 * The running processes of this service: which of them have other settings, and on how many a key is accepted. Each reports
 * every 5 seconds to the Redis of CACHE_URL, on a connection of its own, and is forgotten 15 seconds after its last report. It
 * reports fingerprints that only a holder of SECRET_KEY can make, never values.
 *
 * Without CACHE_URL, on memcached, with CACHE_ENABLED=false and with `forRoot({ fleet: false })` it reports nothing and knows
 * nothing; likewise by default if NODE_ENV is 'test' or SECRET_KEY is the placeholder of DevelopmentConfig. It never delays
 * a boot, makes a process unready, keeps one alive, or fails.
 *
 * @example
 * ```ts
 * constructor(private readonly fleet: Fleet) {}
 *
 * @Get('fleet')
 * workers() {
 *   return this.fleet.snapshot();
 * }
 * ```
 */
export class Fleet implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #config: object;
  readonly #ring: KeyRing;
  readonly #open: (() => Promise<FleetStore>) | undefined;
  readonly #drain: () => OwnDrain | undefined;
  readonly #instance = `${hostname().slice(0, 63)}:${process.pid}:${randomBytes(6).toString('base64url')}`;
  readonly #log = new DriftLog();
  readonly #registrations = new MetricRegistrations(shared, () => this.snapshot());
  #store: Promise<FleetStore> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** The ids of the keys for which the state was made. */
  #ids: readonly string[] | undefined;
  #state = { id: '', details: '' };
  /** The id of the state that was reported last. */
  #reported: string | undefined;
  #everyMs = REPORT_EVERY_MS;
  #isRefusalLogged = false;

  /** @param drain returns how the shutdown of this process went @hidden */
  constructor(
    config: object,
    ring: KeyRing,
    open: (() => Promise<FleetStore>) | undefined,
    drain: () => OwnDrain | undefined,
  ) {
    this.#config = config;
    this.#ring = ring;
    this.#open = open;
    this.#drain = drain;
  }

  /** Whether workers report at all. @hidden */
  get isReporting(): boolean {
    return this.#open !== undefined;
  }

  /** What the workers report. Never rejects: while Redis is away, the state is 'unknown'. */
  async snapshot(): Promise<FleetSnapshot> {
    try {
      if (this.#store === undefined) return { state: 'unknown' };
      const { MAX_STATES, compareWorkers } = await import('./compare-workers.js');
      return compareWorkers(await (await this.#store).read(MAX_STATES));
    } catch {
      return { state: 'unknown' };
    }
  }

  /**
   * Adds `config_drift_workers` by `release`, the workers outside of the largest group that agrees, and `keys_workers` by
   * `id` and `role`, the workers on which a key 'signs' or 'verifies', to a registry of prom-client, an optional peer. They are read
   * when the registry is scraped, and are absent while nothing is known. Each process shows the figures of all.
   *
   * @throws MissingPackageError if prom-client is not installed
   */
  async register(registry: MetricRegistry): Promise<void> {
    await this.#registrations.register(registry, FLEET_FIGURES);
  }

  /** Begins to report, in the background. @hidden */
  onApplicationBootstrap(): void {
    if (this.#open !== undefined) this.#reportIn(FIRST_REPORT_MS);
  }

  /** @hidden */
  async onApplicationShutdown(): Promise<void> {
    this.#registrations.end();
    clearTimeout(this.#timer);
    const store = await this.#store?.catch(() => undefined);
    if (store === undefined) return;
    await settlesWithin(this.#leave(store), LEAVE_MS);
    store.close();
  }

  /** Workers that were started together do not report together. */
  #reportIn(ms: number): void {
    this.#timer = setTimeout(() => this.#tick(), ms * (0.8 + Math.random() * 0.2)).unref();
  }

  #tick(): void {
    this.#reportIn(this.#everyMs);
    this.#running ??= this.#report().finally(() => (this.#running = undefined));
  }

  async #report(): Promise<void> {
    try {
      const store = await (this.#store ??= this.#open!());
      if (this.#ids !== this.#ring.ids) {
        this.#state = describeWorker(this.#config, this.#ring);
        this.#ids = this.#ring.ids;
      }
      const { id, details } = this.#state;
      const left = this.#reported === id ? undefined : this.#reported;
      const isWatching = await store.report({ state: id, instance: this.#instance, details, left });
      this.#reported = id;
      this.#everyMs = REPORT_EVERY_MS;
      if (isWatching) await this.#log.look(await this.snapshot(), store);
    } catch (error) {
      this.#noteRefusal(error);
    }
  }

  /** The cache logs that the server is away. */
  #noteRefusal(error: unknown): void {
    const message = error instanceof Error ? error.message : errorName(error);
    const [, code] = REFUSAL.exec(message) ?? [];
    this.#everyMs = code === undefined ? REPORT_EVERY_MS : REFUSED_EVERY_MS;
    if (code === undefined || this.#isRefusalLogged) return;
    this.#isRefusalLogged = true;
    new Logger('Fleet').warn(
      `The server of CACHE_URL refuses what the workers report (${code}): grant the account +@read +@write +eval +time on ` +
        'the keys of CACHE_NAMESPACE, or set `fleet: false` in forRoot()',
    );
  }

  async #leave(store: FleetStore): Promise<void> {
    await this.#running;
    if (this.#reported === undefined) return;
    const instance = this.#instance;
    const drain = this.#drain();
    const told = drain && JSON.stringify(this.#describeDrain(drain));
    await store.leave({ state: this.#reported, instance }, told);
  }

  #describeDrain({ startedAt, seconds, cutOff }: OwnDrain): FleetDrain {
    return { instance: this.#instance, release: releaseOf(this.#config), startedAt, seconds, cutOff };
  }
}
