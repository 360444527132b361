import { type Content, type Html, html } from './html.js';

/** A section of the page. */
export interface Section {
  /** Of the element, for links. */
  readonly id: string;
  readonly title: string;
  readonly body: Content;
}

export function renderSection({ id, title, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section> `;
}

/** A term and what is said of it; undefined is left out. */
export type Fact = readonly [term: string, description: Content];

export function renderFacts(facts: readonly (Fact | undefined)[]): Html {
  const known = facts.filter((fact) => fact !== undefined);
  return html`<dl class="facts">
    ${known.map(
      ([term, description]) =>
        html`<div>
          <dt>${term}</dt>
          <dd>${description}</dd>
        </div>`,
    )}
  </dl> `;
}

/** A row of a table. Its first cell is its header. */
interface Row {
  readonly cells: readonly Content[];
  readonly isHidden?: boolean;
  readonly isMarked?: boolean;
}

interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** On a narrow screen the rows are stacked. The roles keep a table for screen readers, which `display: block` would end. */
export function renderTable({ caption, columns, rows }: Table): Html {
  const heads = columns.map((column) => html`<th scope="col" role="columnheader">${column}</th>`);
  return html`<table role="table">
    <caption>
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${heads}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map((row) => renderRow(row, columns))}
    </tbody>
  </table> `;
}

function renderRow({ cells, isHidden = false, isMarked = false }: Row, columns: readonly string[]): Html {
  const [head, ...others] = cells;
  const hidden = isHidden ? html` hidden` : undefined;
  const marked = isMarked ? html` class="marked"` : undefined;
  return html`<tr role="row" ${marked}${hidden}>
    <th scope="row" role="rowheader">${head}</th>
    ${others.map((cell, index) => html`<td role="cell" data-label="${columns[index + 1]}"><div>${cell}</div></td>`)}
  </tr> `;
}

/** How much of a bound is used. */
export function renderMeter(label: string, used: number, bound: number, text: string): Html {
  return html`<div class="meter">
    <div><span>${label}</span><span>${text}</span></div>
    <meter aria-label="${label}" min="0" max="${bound}" value="${used}" high="${bound * 0.9}" optimum="0">
      ${text}
    </meter>
  </div> `;
}

const SYMBOLS = { good: '✓', warn: '!', bad: '✕', plain: '·' } as const;
export type Tone = keyof typeof SYMBOLS;

/** A state in words, with a colour and a symbol of its own. */
export function renderBadge(text: string, tone: Tone): Html {
  return html`<span class="badge ${tone}"><span aria-hidden="true">${SYMBOLS[tone]}</span> ${text}</span>`;
}

/** A name that may break after each of its underscores. */
export function renderName(name: string): Html {
  return html`<code>${name.split(/(?<=[_:/])/).map((part) => html`${part}<wbr />`)}</code>`;
}

export function renderNote(text: Content): Html {
  return html`<p class="note">${text}</p> `;
}
