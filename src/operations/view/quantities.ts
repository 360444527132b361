import { type Html, html } from './html.js';

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const BYTES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1,234 entries`, or `1 entry`. */
export function count(amount: number, one: string, several = `${one}s`): string {
  return `${NUMBER.format(amount)} ${amount === 1 ? one : several}`;
}

/** `1.5 MiB`. */
export function bytes(amount: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(amount, 1)) / 10), BYTES.length - 1);
  return `${NUMBER.format(amount / 2 ** (10 * power))} ${BYTES[power]}`;
}

/** `95.2 %` of a ratio from 0 to 1. */
export function percent(ratio: number): string {
  return `${NUMBER.format(ratio * 100)} %`;
}

/** A number in a unit that a rule names: `600 s`, or `67,108,864 bytes (64 MiB)`. */
export function inUnit(amount: number, unit: string): string {
  const text = `${NUMBER.format(amount)} ${unit}`;
  return unit === 'bytes' && amount >= 1024 ? `${text} (${bytes(amount)})` : text;
}

/** How long ago a moment was: `3 h 12 min`. */
export function elapsed(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  const units = [
    ['d', Math.floor(seconds / 86_400)],
    ['h', Math.floor(seconds / 3600) % 24],
    ['min', Math.floor(seconds / 60) % 60],
    ['s', seconds % 60],
  ] as const;
  const first = units.findIndex(([, amount]) => amount > 0);
  if (first === -1) return '0 s';
  return units
    .slice(first, first + 2)
    .map(([unit, amount]) => `${amount} ${unit}`)
    .join(' ');
}

/** An ISO time, without its milliseconds. */
export function time(iso: string): Html {
  return html`<time datetime="${iso}">${iso.replace(/\.\d+Z$/, 'Z')}</time>`;
}
