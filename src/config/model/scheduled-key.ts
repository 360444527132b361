/** A signing key, and the time from which it signs. */
export interface ScheduledKey {
  readonly key: string;
  /** Milliseconds since the epoch; -Infinity if the key names no time. */
  readonly since: number;
}

const FORM = /^since=([^;]*);([^]+)$/;
const ATTEMPT = /^\s*since\s*=/i;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Parses `<key>` or `since=<time>;<key>`. Undefined if it is meant as the second form but is not one. */
export function parseKey(text: string): ScheduledKey | undefined {
  if (!ATTEMPT.test(text)) return { key: text, since: -Infinity };
  const [, time = '', key] = FORM.exec(text) ?? [];
  const since = parseTime(time);
  return key === undefined || since === undefined ? undefined : { key, since };
}

/** Parses a list. A key that is listed twice counts once, as it is listed first. Undefined if a text is malformed. */
export function parseKeys(texts: readonly string[]): readonly ScheduledKey[] | undefined {
  const keys = new Map<string, ScheduledKey>();
  for (const text of texts) {
    const parsed = parseKey(text);
    if (parsed === undefined) return undefined;
    if (!keys.has(parsed.key)) keys.set(parsed.key, parsed);
  }
  return [...keys.values()];
}

/** Milliseconds of a date and time of ISO 8601 with a time zone; undefined if it is none. */
export function parseTime(text: string): number | undefined {
  const [, year, month, day] = TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  // Date.parse reads February 30 as March 2.
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  const parsed = Date.parse(text);
  return date.getUTCDate() === Number(day) && !Number.isNaN(parsed) ? parsed : undefined;
}

/** The time as `since=` takes it. */
export function showTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/(?::00)?\.000Z$/, 'Z');
}
