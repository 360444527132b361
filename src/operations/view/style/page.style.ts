import { html } from '../html.js';
import { COLOURS } from './colours.style.js';
import { CONTROLS } from './controls.style.js';
import { LAYOUT } from './layout.style.js';
import { PARTS } from './parts.style.js';
import { TABLES } from './tables.style.js';

/** The content of the style element. */
export const STYLE = html`${COLOURS}${LAYOUT}${PARTS}${CONTROLS}${TABLES}`;
