import { PATTERNS } from './patterns.js';

/** How a key is written with the fewest bits, if each character may come by chance or follow from a pattern. */
export interface Reading {
  /** How many bits fewer than if all came by chance. */
  readonly savedBits: number;
  /** The bits of those characters that come by chance all the same. */
  readonly chanceBits: number;
  /** What is to be said of the pattern that explains the most characters. */
  readonly finding: string;
}

/** What it costs to pass from one way of writing to another. */
const CHANGE = 5;

/** One way, chance or a pattern, for each character so far; `way` is that of the last. */
interface Route {
  readonly way: number;
  readonly bits: number;
  readonly before?: Route;
}

/**
 * Every pattern is a code: it makes some characters cheap by making all others dear. Therefore it saves nothing on
 * most random keys, and k bits on about one in 2^k.
 */
export function cheapestReading(key: string): Reading {
  const characters = key.split('');
  const chance = Math.log2(alphabetSize(key));
  const costs = [
    characters.map(() => chance),
    ...PATTERNS.map((pattern) => pattern.costs({ characters, chance })),
  ];
  let routes: Route[] = costs.map((_, way) => ({ way, bits: way === 0 ? 0 : CHANGE }));
  for (const i of characters.keys()) {
    const best = cheapest(routes);
    routes = routes.map((route, way) => {
      const before = route.bits <= best.bits + CHANGE ? route : best;
      return { way, bits: before.bits + (before === route ? 0 : CHANGE) + costs[way]![i]!, before };
    });
  }
  const route = cheapest(routes);
  const [byChance = 0, ...byPattern] = charactersByWay(route);
  return {
    savedBits: characters.length * chance - route.bits,
    chanceBits: byChance * chance,
    finding: PATTERNS[byPattern.indexOf(Math.max(...byPattern))]!.finding,
  };
}

const cheapest = (routes: readonly Route[]) => routes.reduce((a, b) => (b.bits < a.bits ? b : a));

function charactersByWay(last: Route): number[] {
  const counts = [0, ...PATTERNS.map(() => 0)];
  for (let route = last; route.before !== undefined; route = route.before) counts[route.way]! += 1;
  return counts;
}

/** How many characters a key seems to be drawn from. */
function alphabetSize(key: string): number {
  if (/^(?:[\da-f]+|[\dA-F]+)$/.test(key) && /[a-f]/i.test(key)) return 16;
  if (/^[A-Z2-7]+$/.test(key)) return 32;
  const letters = (/[a-z]/.test(key) ? 26 : 0) + (/[A-Z]/.test(key) ? 26 : 0);
  const others = (/\d/.test(key) ? 10 : 0) + new Set(key.replace(/[a-z\d]/gi, '')).size;
  return Math.max(32, letters + others);
}
