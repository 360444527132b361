import type { LifecycleReport } from '../../lifecycle/index.js';
import { html } from './html.js';
import { renderBadge, renderFacts, type Section } from './parts.js';
import { count, time } from './quantities.js';

export function lifecycleSection(lifecycle: LifecycleReport): Section {
  const { state, reasons, requestsInFlight, drain } = lifecycle;
  return {
    id: 'lifecycle',
    title: 'Lifecycle',
    body: [
      renderFacts([
        ['State', renderBadge(state, state === 'ready' ? 'good' : 'warn')],
        requestsInFlight === undefined
          ? undefined
          : ['Requests in flight', count(requestsInFlight, 'request')],
        drain === undefined ? undefined : ['Shutdown', drain.phase],
        drain === undefined ? undefined : ['Shutdown began', time(drain.startedAt)],
        drain === undefined ? undefined : ['Signal', html`<code>${drain.signal}</code>`],
        drain === undefined || drain.cutOff === 0
          ? undefined
          : ['Cut off', renderBadge(count(drain.cutOff, 'request'), 'warn')],
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
