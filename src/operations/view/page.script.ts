import { script } from './html.js';

/** Filters the settings while the user types. Without it, the form asks the server. */
export const SCRIPT = script`
const input = document.getElementById('filter');
const shown = document.getElementById('shown');
const rows = [...document.querySelectorAll('#settings tbody tr')];
const total = shown.value.split(' of ')[1];
input.addEventListener('input', () => {
  const wanted = input.value.trim().toLowerCase();
  for (const row of rows) {
    row.hidden = ![...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase().includes(wanted);
  }
  shown.value = rows.filter((row) => !row.hidden).length + ' of ' + total;
});
`;
