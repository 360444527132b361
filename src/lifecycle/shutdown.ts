import { type INestApplication, Logger } from '@nestjs/common';
import { setImmediate as afterPoll, setTimeout as delay } from 'node:timers/promises';
import type { DrainReport } from './lifecycle.report.js';
import type { OpenConnections } from './open-connections.js';
import { closeMicroservice, type OpenMessages } from './open-messages.js';
import type { Readiness } from './readiness.js';

interface ShutdownLimits {
  /** How long the process goes on as before, so that balancers see that it is not ready. */
  readonly drainMs: number;
  /** How long the shutdown may take in all. */
  readonly totalMs: number;
}

/** The part of the total that is reserved for Nest's hooks. */
const HOOKS_MS = 5_000;
/** How long idle connections stay open after the port is closed: a client may have sent a request already. */
const LINGER_MS = 500;
/** How long a WebSocket may take to answer the close frame. */
const WEBSOCKET_MS = 1_500;
const POLL_MS = 20;
const MAX_NAMED = 5;

/** Nest's type does not show the signal, which is passed to its hooks. */
interface Closable {
  close(signal?: string): Promise<void>;
}

/** Ends an application without losing a request. */
export class Shutdown {
  private readonly logger = new Logger('Shutdown');
  private phase: DrainReport['phase'] = 'draining';
  private drainedMs: number | undefined;
  private cutOff = 0;
  private readonly startedAt = performance.now();
  private readonly startTime = new Date().toISOString();

  constructor(
    private readonly app: INestApplication,
    private readonly connections: OpenConnections,
    private readonly messages: OpenMessages,
    private readonly readiness: Readiness,
    private readonly limits: ShutdownLimits,
    private readonly signal: string,
  ) {}

  get report(): DrainReport {
    const { signal, phase, startTime: startedAt, cutOff } = this;
    return { signal, phase, startedAt, seconds: (this.drainedMs ?? this.elapsed) / 1000, cutOff };
  }

  /** Runs the whole sequence. If it takes longer than its limit, the process exits with code 1. */
  async run(): Promise<void> {
    const { drainMs, totalMs } = this.limits;
    const deadline = setTimeout(() => this.abort(), totalMs);
    this.readiness.drain();
    this.connections.leave();
    const { inFlight } = this.connections;
    const requests = inFlight === 1 ? '1 request' : `${inFlight} requests`;
    this.logger.log(`${this.signal}: draining for ${drainMs / 1000} s, ${requests} in flight`);
    await pause(drainMs);

    this.phase = 'closing';
    await this.finishRequests(drainMs === 0 ? 0 : LINGER_MS, totalMs - HOOKS_MS);
    await this.closeMicroservices();

    // Only now, so that nothing that a request needs is gone before it.
    this.phase = 'hooks';
    await (this.app as Closable).close(this.signal);
    clearTimeout(deadline);
    this.logger.log(`Ended after ${(this.elapsed / 1000).toFixed(1)} s`);
  }

  /** What keeps the process from ending. */
  describe(): string {
    const open = [...this.connections.describe(), ...this.messages.describe()];
    const named = open.slice(0, MAX_NAMED).join(', ') || 'nothing';
    const more = open.length > MAX_NAMED ? ` and ${open.length - MAX_NAMED} more` : '';
    const resources = new Map<string, number>();
    for (const name of process.getActiveResourcesInfo()) resources.set(name, (resources.get(name) ?? 0) + 1);
    const held = [...resources].map(([name, count]) => `${count} ${name}`).join(', ');
    return `phase ${this.phase}; open: ${named}${more}; active resources: ${held || 'none'}`;
  }

  private get elapsed(): number {
    return performance.now() - this.startedAt;
  }

  /** Closes the ports, waits for what is in flight until `untilMs` after the signal, and cuts the rest. */
  private async finishRequests(lingerMs: number, untilMs: number): Promise<void> {
    const microservices = this.app.getMicroservices();
    for (const microservice of microservices) this.messages.watch(microservice);
    this.connections.closePorts();
    for (const microservice of microservices) this.messages.closePort(microservice);
    const closedAt = this.elapsed;
    const isOpen = () => {
      const since = this.elapsed - closedAt;
      const { isBusy, hasUpgrades } = this.connections;
      const isClosing = since < lingerMs || (hasUpgrades && since < WEBSOCKET_MS);
      return isClosing || isBusy || this.messages.count > 0;
    };
    do {
      this.connections.endLongLived();
      if (this.elapsed - closedAt >= lingerMs) this.connections.closeIdle();
      await pause(POLL_MS);
    } while (isOpen() && this.elapsed < untilMs);
    if (this.connections.isBusy || this.messages.count > 0) this.logger.warn(`Cut off: ${this.describe()}`);
    this.drainedMs = this.elapsed;
    this.cutOff = this.connections.inFlight + this.messages.count;
    this.connections.cut();
  }

  /** A microservice that cannot be closed must not keep the hooks from running. */
  private async closeMicroservices(): Promise<void> {
    const closed = await Promise.allSettled(this.app.getMicroservices().map(closeMicroservice));
    for (const result of closed) if (result.status === 'rejected') this.logger.error(result.reason);
  }

  private abort(): void {
    this.logger.error(`Not ended within ${this.limits.totalMs / 1000} s: ${this.describe()}`);
    process.exit(1);
  }
}

/** Resolves once the event loop has also read what arrived while it was busy: no connection seems idle that is not. */
async function pause(milliseconds: number): Promise<void> {
  await delay(milliseconds);
  await afterPoll();
}
