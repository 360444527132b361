export { Fleet } from './fleet.js';
export type { FleetRelease, FleetSnapshot } from './fleet.snapshot.js';
