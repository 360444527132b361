import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { FleetStore } from '../common/fleet-store.js';
import type { FleetRelease, FleetSnapshot } from './fleet.snapshot.js';

/** The releases whose workers differ. */
function driftingIn(snapshot: FleetSnapshot): readonly FleetRelease[] {
  if (snapshot.state === 'unknown') return [];
  return snapshot.releases.filter(({ drift, incomparable }) => drift.length > 0 || incomparable > 0);
}

/** Logs which settings differ, once for each change. The server keeps what was said, for the next worker that watches. */
export class DriftLog {
  readonly #logger = new Logger('Fleet');
  #said: string | undefined;

  async look(snapshot: FleetSnapshot, store: Pick<FleetStore, 'exchangeNotice'>): Promise<void> {
    if (snapshot.state === 'unknown') return;
    const drifting = driftingIn(snapshot);
    const notice = noticeOf(drifting);
    if (notice === this.#said) return;
    const previous = await store.exchangeNotice(notice);
    this.#said = notice;
    if (notice === (previous ?? '')) return;
    for (const release of drifting) this.#logger.warn(sentenceOf(release));
    if (notice === '') this.#logger.log('The workers of each release have the same settings again');
  }
}

/** A text that changes with what differs, but not with the numbers of workers, which a rollout changes step by step. */
function noticeOf(drifting: readonly FleetRelease[]): string {
  if (drifting.length === 0) return '';
  const ordered = drifting.toSorted((one, other) => ((one.release ?? '') < (other.release ?? '') ? -1 : 1));
  const what = ordered.map(({ release, drift, incomparable }) => [
    release,
    drift.map(({ setting }) => setting),
    incomparable > 0,
  ]);
  return createHash('sha256').update(JSON.stringify(what)).digest('base64url').slice(0, 22);
}

function sentenceOf({ release, workers, drift, incomparable }: FleetRelease): string {
  const which = release === null ? 'that have no RELEASE' : `of release ${release}`;
  const settings = drift.map(
    ({ setting, variants }) => `${setting} (${variants.map((each) => each.workers).join(' / ')} workers)`,
  );
  const different = settings.length === 0 ? [] : [`have different values of ${settings.join(', ')}`];
  const strange =
    incomparable === 0
      ? []
      : [
          `have keys that have nothing in common (${workers - incomparable} / ${incomparable} workers), so they refuse what the ` +
            'others sign, and their settings cannot be compared',
        ];
  return `Workers ${which} ${[...different, ...strange].join('; they ')}`;
}
