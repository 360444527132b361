import type { LifecycleReport } from '../operations.report.js';
import { html } from './html.js';
import { renderBadge, renderFacts, type Section } from './parts.js';
import { count, inUnit, time } from './quantities.js';

export function lifecycleSection(lifecycle: LifecycleReport): Section {
  const { state, reasons, requestsInFlight, drain, drainSeconds, shutdownSeconds } = lifecycle;
  return {
    id: 'lifecycle',
    title: 'Lifecycle',
    body: [
      renderFacts([
        ['State', renderBadge(state, state === 'ready' ? 'good' : 'warn')],
        requestsInFlight === undefined
          ? undefined
          : ['Requests in flight', count(requestsInFlight, 'request')],
        ['Serves after a signal for', inUnit(drainSeconds, 's')],
        ['A shutdown takes at most', inUnit(shutdownSeconds, 's')],
        drain === undefined ? undefined : ['Shutdown', drain.phase],
        drain === undefined ? undefined : ['Shutdown began', time(drain.startedAt)],
        drain?.signal === undefined ? undefined : ['Signal', html`<code>${drain.signal}</code>`],
      ]),
      reasons.length === 0
        ? undefined
        : html`<h3>Why it is not ready</h3>
            <ul>
              ${reasons.map((reason) => html`<li>${reason}</li>`)}
            </ul>`,
    ],
  };
}
