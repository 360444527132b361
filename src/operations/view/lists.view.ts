import type { ListReport, ListsReport } from '../../pagination/index.js';
import { type Html, html } from './html.js';
import { renderBadge, renderName, renderNote, renderTable, type Section } from './parts.js';
import { count } from './quantities.js';

export function listsSection({ routes }: ListsReport): Section {
  return {
    id: 'lists',
    title: 'Lists',
    body:
      routes.length === 0
        ? renderNote('No route returns a page')
        : renderTable({
            caption: 'Routes that return a page of a list',
            columns: [
              'Route',
              'Page size',
              'Largest page',
              'Largest offset',
              'Parameters',
              'Bound',
              'Overruns',
              'Reduced',
              'Refused',
            ],
            rows: routes.map((list) => ({
              isMarked: list.isBounded === false,
              cells: [
                renderName(list.name),
                count(list.pageSize, 'row'),
                count(list.maxPageSize, 'row'),
                count(list.maxOffset, 'row'),
                list.parameters.map((name) => html`<code>${name}</code> `),
                renderBound(list),
                count(list.overruns, 'overrun'),
                count(list.reduced, 'request'),
                count(list.refused, 'request'),
              ],
            })),
          }),
  };
}

function renderBound({ isUnpaginated, isBounded }: ListReport): Html | string {
  if (isUnpaginated) return renderBadge('@Unpaginated()', 'warn');
  if (isBounded === undefined) return 'known after the first request';
  return isBounded ? renderBadge('bounded', 'good') : renderBadge('unbounded', 'warn');
}
