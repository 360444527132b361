import type { SharedGuard } from './shared.guard.js';
import type { SharedTier } from './shared.tier.js';
import { UnsettledKeys } from './unsettled-keys.js';

const BATCH = 500;
const RETRY_MS = 1000;

/** Removes what may be stale from the shared tier: whatever was there when a write of it failed. */
export class Repair {
  private readonly unsettled: UnsettledKeys;
  private isRunning = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    maxKeys: number,
    private readonly tier: SharedTier,
    private readonly guard: SharedGuard,
    /** Is told of the keys that were removed, or of all. */
    private readonly removed: (keys?: readonly string[]) => void,
  ) {
    this.unsettled = new UnsettledKeys(maxKeys);
  }

  /** Whether the tier may hold something stale under a key, so that it must not be asked for it. */
  isPending(key: string): boolean {
    return this.unsettled.has(key);
  }

  /** A write of these keys failed. */
  add(keys: readonly string[]): void {
    this.unsettled.add(keys);
    void this.run();
  }

  addAll(): void {
    this.unsettled.addAll();
    void this.run();
  }

  /** A later write of these keys came through. */
  settle(keys: readonly string[]): void {
    this.unsettled.settle(keys);
  }

  /** Repairs what it can now, and goes on when it can. */
  async run(): Promise<void> {
    if (this.isRunning || this.unsettled.isEmpty) return;
    this.isRunning = true;
    clearTimeout(this.retry);
    while (this.guard.isUsable && !this.unsettled.isEmpty) {
      if (!(await (this.unsettled.isAll ? this.purgeAll() : this.purgeSome()))) break;
    }
    this.isRunning = false;
    if (!this.unsettled.isEmpty) this.retry = setTimeout(() => void this.run(), RETRY_MS).unref();
  }

  close(): void {
    clearTimeout(this.retry);
  }

  private async purgeSome(): Promise<boolean> {
    const keys = this.unsettled.some(BATCH);
    const isDone = (await this.guard.run(() => this.tier.purge(keys))) !== undefined;
    if (isDone) {
      this.unsettled.settle(keys);
      this.removed(keys);
    }
    return isDone;
  }

  private async purgeAll(): Promise<boolean> {
    const isDone = await clearTier(this.tier, this.guard);
    if (isDone) {
      this.unsettled.settleAll();
      this.removed();
    }
    return isDone;
  }
}

/** Removes all entries, each step bounded. Answers whether it came through. */
export async function clearTier(tier: SharedTier, guard: SharedGuard): Promise<boolean> {
  let cursor: string | undefined;
  do {
    const step = cursor;
    const answer = await guard.run(() => tier.clear(step));
    if (answer === undefined) return false;
    cursor = answer.value;
  } while (cursor !== undefined);
  return true;
}
