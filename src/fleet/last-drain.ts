import type { FleetDrain } from './fleet.snapshot.js';

/** How the last shutdown went; null if there was none, or if it is not of the form that this version writes. */
export function readDrain(text: string | null): FleetDrain | null {
  if (text === null) return null;
  try {
    const { instance, release, startedAt, seconds, cutOff } = JSON.parse(text) as Partial<FleetDrain>;
    const isRead =
      typeof instance === 'string' &&
      (release === null || typeof release === 'string') &&
      typeof startedAt === 'string' &&
      !Number.isNaN(Date.parse(startedAt)) &&
      Number.isFinite(seconds) &&
      Number.isInteger(cutOff);
    return isRead ? { instance, release, startedAt, seconds: seconds!, cutOff: cutOff! } : null;
  } catch {
    return null;
  }
}
