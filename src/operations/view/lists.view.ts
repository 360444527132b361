import type { ListsReport } from '../operations.report.js';
import { html } from './html.js';
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
              'Limit',
              'Overruns',
              'Cut requests',
            ],
            rows: routes.map((list) => ({
              isMarked: !list.isBounded,
              cells: [
                renderName(list.route),
                count(list.pageSize, 'row'),
                count(list.maxPageSize, 'row'),
                list.maxOffset === undefined ? 'no limit' : count(list.maxOffset, 'row'),
                list.params.map((param) => html`<code>${param}</code> `),
                list.isBounded ? renderBadge('bounded', 'good') : renderBadge('unbounded', 'warn'),
                count(list.overruns, 'overrun'),
                count(list.cutRequests, 'request'),
              ],
            })),
          }),
  };
}
