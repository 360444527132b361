const BYTES: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Bytes from `1048576`, `1024kb`, `64mb`, `64MiB` or `1g` (powers of 1024), or undefined if the text is not a size. */
export function parseByteSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*(?:([kmg])?(?:i?b)?)$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Math.floor(Number(digits) * BYTES[(unit ?? '').toLowerCase()]!);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A unit of time, and its length in milliseconds. */
const UNITS: readonly (readonly [name: RegExp, ms: number])[] = [
  [/^(?:ms|milliseconds?)$/, 1],
  [/^(?:s|secs?|seconds?)$/, 1000],
  [/^(?:m|mins?|minutes?)$/, 60_000],
  [/^(?:h|hrs?|hours?)$/, 3_600_000],
  [/^(?:d|days?)$/, 86_400_000],
  [/^(?:w|weeks?)$/, 604_800_000],
];

/** Milliseconds from `90s`, `15m`, `1.5h`, `1h30m` or `2 days`, or undefined if the text is not a duration with units. */
export function parseDuration(text: string): number | undefined {
  const parts = [
    ...text
      .trim()
      .toLowerCase()
      .matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy),
  ];
  const length = parts.reduce((sum, [part]) => sum + part.length, 0);
  if (parts.length === 0 || length !== text.trim().length) return undefined;
  const sizes = parts.map(([, amount, name]) => [Number(amount), sizeOf(name!)] as const);
  // As it is written: 1h30m, and neither 30m1h nor 1h1h.
  if (sizes.some(([, ms], index) => ms === undefined || ms >= (sizes[index - 1]?.[1] ?? Infinity))) {
    return undefined;
  }
  const sum = sizes.reduce((total, [amount, ms]) => total + amount * ms!, 0);
  // 0.1h is 360000, and not 360000.00000000006.
  return Number(sum.toPrecision(15));
}

function sizeOf(unit: string): number | undefined {
  return UNITS.find(([name]) => name.test(unit))?.[1];
}
