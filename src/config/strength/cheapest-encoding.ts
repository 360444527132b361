import { PATTERNS } from './patterns.js';

/** The shortest encoding of a key, if each character is either random or follows from a pattern. */
export interface Encoding {
  /** The bits saved compared with a random key. */
  readonly savedBits: number;
  /** The bits of the characters that are encoded as random. */
  readonly chanceBits: number;
  /** The description of the pattern that explains the most characters. */
  readonly finding: string;
}

/** The cost in bits of switching to another pattern. */
const CHANGE_COST = 5;

/** The choice, random or a pattern, for each character so far; `way` is the choice for the last one. */
interface Route {
  readonly way: number;
  readonly bits: number;
  readonly before?: Route;
}

/**
 * Every pattern is a code: it makes some characters cheaper at the expense of all others. So it saves nothing on most
 * random keys, and k bits on about one in 2^k.
 */
export function cheapestEncoding(key: string): Encoding {
  const characters = key.split('');
  const chance = Math.log2(alphabetSize(key));
  const costs = [
    characters.map(() => chance),
    ...PATTERNS.map((pattern) => pattern.costs({ characters, chance })),
  ];
  let routes: Route[] = costs.map((_, way) => ({ way, bits: way === 0 ? 0 : CHANGE_COST }));
  for (const i of characters.keys()) {
    const best = cheapest(routes);
    routes = routes.map((route, way) => {
      const before = route.bits <= best.bits + CHANGE_COST ? route : best;
      return { way, bits: before.bits + (before === route ? 0 : CHANGE_COST) + costs[way]![i]!, before };
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

/** The size of the alphabet that a key seems to use. */
function alphabetSize(key: string): number {
  if (/^(?:[\da-f]+|[\dA-F]+)$/.test(key) && /[a-f]/i.test(key)) return 16;
  if (/^[A-Z2-7]+$/.test(key)) return 32;
  const letters = (/[a-z]/.test(key) ? 26 : 0) + (/[A-Z]/.test(key) ? 26 : 0);
  const others = (/\d/.test(key) ? 10 : 0) + new Set(key.replace(/[a-z\d]/gi, '')).size;
  return Math.max(32, letters + others);
}
