import type { CheckReport, ReportedFinding, SilencedFinding } from '../operations.report.js';
import { type Html, html } from './html.js';
import { renderBadge, renderName, renderNote, type Section } from './parts.js';
import { count } from './quantities.js';

export function checksSection({ findings, silenced, unusedSilences }: CheckReport): Section {
  return {
    id: 'checks',
    title: 'Checks',
    body: [
      findings.length === 0
        ? html`<p>${renderBadge('No findings', 'good')}</p>`
        : html`<ul class="findings">
            ${findings.map(renderFinding)}
          </ul>`,
      silenced.length === 0
        ? undefined
        : html`<details>
            <summary>${count(silenced.length, 'silenced finding')}</summary>
            <ul class="findings">
              ${silenced.map(renderFinding)}
            </ul>
          </details>`,
      unusedSilences.length === 0
        ? undefined
        : renderNote([
            'Silences that match nothing: ',
            unusedSilences.map((id) => html`<code>${id}</code> `),
          ]),
    ],
  };
}

function renderFinding({ id, name, message, fix, ...rest }: ReportedFinding | SilencedFinding): Html {
  const reason = 'reason' in rest ? rest.reason : undefined;
  return html`<li>
    <p>${name === undefined ? undefined : [renderName(name), ' ']}${message}</p>
    ${fix === undefined ? undefined : html`<p class="fix"><span aria-hidden="true">→</span> ${fix}</p>`}
    ${reason === undefined ? undefined : html`<p class="fix">Silenced: ${reason}</p>`}
    <p class="id"><code>${id}</code></p>
  </li> `;
}
