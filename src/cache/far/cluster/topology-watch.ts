import type { Topology } from './topology.js';

/** The interval at which the masters are asked, because not every change shows in a reply. */
const PERIOD_MS = 1000;
/** The least time between two requests. */
const MIN_GAP_MS = 100;

/** Keeps the topology of a cluster up to date: asks regularly, and soon after a sign of a change. */
export class TopologyWatch {
  private startedAt = -Infinity;
  private isAsking = false;
  private isDue = false;
  private soon: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param ask asks the cluster; may throw */
  constructor(
    private readonly ask: () => Promise<Topology>,
    private readonly onFound: (topology: Topology) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  open(): void {
    this.timer ??= setInterval(() => this.refresh(), PERIOD_MS).unref();
    this.refresh();
  }

  close(): void {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.timer = this.soon = undefined;
  }

  /** Asks soon. */
  refresh(): void {
    if (this.isAsking) this.isDue = true;
    else if (this.timer !== undefined && this.soon === undefined) {
      const wait = Math.max(0, this.startedAt + MIN_GAP_MS - performance.now());
      this.soon = setTimeout(() => void this.askNow(), wait).unref();
    }
  }

  private async askNow(): Promise<void> {
    this.soon = undefined;
    this.isAsking = true;
    this.startedAt = performance.now();
    try {
      const found = await this.ask();
      if (this.timer !== undefined) this.onFound(found);
    } catch (error) {
      if (this.timer !== undefined) this.onFailure(error);
    }
    this.isAsking = false;
    if (this.isDue) {
      this.isDue = false;
      this.refresh();
    }
  }
}
