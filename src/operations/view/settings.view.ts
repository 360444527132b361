import type { SettingReport } from '../operations.report.js';
import { type Content, html } from './html.js';
import { renderBadge, renderName, renderTable, type Section } from './parts.js';
import { count, inUnit } from './quantities.js';

/** @param filter text that the settings must have, in any column */
export function settingsSection(settings: readonly SettingReport[], filter: string): Section {
  const wanted = filter.trim().toLowerCase();
  const rows = settings.map((setting) => ({ setting, isHidden: !searchText(setting).includes(wanted) }));
  const shown = rows.filter(({ isHidden }) => !isHidden).length;
  const set = settings.filter(({ isDefault }) => !isDefault).length;
  return {
    id: 'settings',
    title: 'Settings',
    body: [
      html`<form method="get" action="#settings" role="search" aria-label="Settings">
        <label for="filter">Filter by name, value, origin or description</label>
        <div>
          <input
            type="search"
            id="filter"
            name="filter"
            value="${filter}"
            maxlength="100"
            autocomplete="off"
            spellcheck="false"
          />
          <button type="submit">Filter</button>
          <output for="filter" id="shown">${shown} of ${count(settings.length, 'setting')}</output>
        </div>
      </form> `,
      renderTable({
        caption: `${count(set, 'setting')} ${set === 1 ? 'differs' : 'differ'} from the defaults, and ${set === 1 ? 'is' : 'are'} marked as set`,
        columns: ['Name', 'Value', 'Origin', 'Description'],
        rows: rows.map(({ setting, isHidden }) => ({
          isHidden,
          isMarked: !setting.isDefault,
          cells: [renderName(setting.name), valueOf(setting), originOf(setting), setting.about],
        })),
      }),
    ],
  };
}

/** The text of the row, in which the script of the page searches, too. */
function searchText(setting: SettingReport): string {
  return `${setting.name} ${textOf(setting)} ${setting.origin} ${setting.about}`.toLowerCase();
}

function valueOf(setting: SettingReport): Content {
  const text = textOf(setting);
  if (setting.value === undefined || setting.isSecret) return html`<span class="absent">${text}</span>`;
  return html`<code>${text}</code>`;
}

function textOf({ value, unit, isSecret }: SettingReport): string {
  if (value === undefined) return 'unset';
  if (isSecret) return '[redacted]';
  if (typeof value === 'number' && unit !== undefined) return inUnit(value, unit);
  if (value === '') return '(empty)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function originOf({ origin, isDefault }: SettingReport): Content {
  return isDefault ? origin : [renderBadge('set', 'plain'), ' ', origin];
}
