import { RedisNames } from '../redis/redis.names.js';
import { slotOf, tagOf } from './slots.js';

/** The names on one master of a cluster: those that belong to an entry are in its slot. */
export class ClusterNames extends RedisNames {
  /** @param ownSlot a slot of the master */
  constructor(
    namespace: string,
    private readonly ownSlot: () => number,
  ) {
    super(namespace);
  }

  override get cleared(): string {
    return this.inSlot(this.ownSlot(), 'cleared');
  }

  override get canShareCommand(): boolean {
    return false;
  }

  override stagedName(name: string, mark: string): string {
    return this.inSlot(slotOf(name), `staged:${mark}`);
  }

  override lockName(key: string): string {
    return this.inSlot(slotOf(this.nameOf(key)), `lock:${key}`);
  }

  private inSlot(slot: number, name: string): string {
    return this.keys.auxiliaryName(`{${tagOf(slot)}}${name}`);
  }
}
