export { Fleet } from './fleet.js';
export type { FleetDrain, FleetRelease, FleetSnapshot } from './fleet.snapshot.js';
