import type { CacheInterval } from '../cache-report.js';
import { type Html, html } from './html.js';
import { percent, time } from './quantities.js';

const WIDTH = 600;
const HEIGHT = 80;

interface Point {
  readonly x: number;
  readonly ratio: number;
}

/** The hit ratio over time, in a picture and in words. An interval without reads is a gap. */
export function renderSparkline(history: readonly CacheInterval[]): Html | undefined {
  const runs = runsOf(history);
  const ratios = runs.flat().map(({ ratio }) => ratio);
  if (ratios.length < 2) return undefined;
  const words = `lowest ${percent(Math.min(...ratios))}, highest ${percent(Math.max(...ratios))}, latest ${percent(ratios.at(-1)!)}`;
  return html`<figure>
    <svg
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="Hit ratio over time: ${words}"
    >
      <path class="grid" d="M0 1H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 1}H${WIDTH}" />
      ${runs.map((run) => html`<path class="area" d="${lineOf(run)}V${HEIGHT}H${run[0]!.x}Z" /><path class="line" d="${lineOf(run)}" />`)}
    </svg>
    <figcaption>
      Hit ratio from ${time(history[0]!.at)} to ${time(history.at(-1)!.at)}, of 0 to 100 %: ${words}
    </figcaption>
  </figure> `;
}

/** The points with reads, in runs without a gap. */
function runsOf(history: readonly CacheInterval[]): Point[][] {
  const runs: Point[][] = [[]];
  const step = WIDTH / Math.max(1, history.length - 1);
  for (const [index, { hits, misses }] of history.entries()) {
    if (hits + misses === 0) runs.push([]);
    else runs.at(-1)!.push({ x: Math.round(index * step), ratio: hits / (hits + misses) });
  }
  return runs.filter((run) => run.length > 0);
}

function lineOf(run: readonly Point[]): string {
  const points = run.map(({ x, ratio }) => `${x} ${Math.round(HEIGHT - 2 - ratio * (HEIGHT - 4))}`);
  // A run of one point is a short line.
  return `M${points.join('L')}${run.length === 1 ? 'h2' : ''}`;
}
