import type { Figure } from '../common/shared-metrics.js';
import type { FleetSnapshot } from './fleet.snapshot.js';

// Each application shows the figures of the whole fleet.
const combine = (values: readonly number[]) => Math.max(...values);

export const FLEET_FIGURES: readonly Figure<FleetSnapshot>[] = [
  {
    name: 'config_drift_workers',
    help: 'Workers of a release whose settings differ from those of most workers',
    labelNames: ['release'],
    read: (snapshot) =>
      snapshot.state === 'known'
        ? snapshot.releases.map(({ release, workers, groups }) => ({
            value: workers - groups[0]!.workers,
            labels: { release: release ?? '' },
          }))
        : [],
    combine,
  },
  {
    name: 'keys_workers',
    help: 'Workers on which a key signs or verifies, by id and role',
    labelNames: ['id', 'role'],
    read: (snapshot) =>
      snapshot.state === 'known'
        ? snapshot.keys.flatMap(({ id, accepted, signs }) => [
            { value: accepted, labels: { id, role: 'verifies' } },
            { value: signs, labels: { id, role: 'signs' } },
          ])
        : [],
    combine,
  },
];
