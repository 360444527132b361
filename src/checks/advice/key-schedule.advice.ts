import { type ConfigWarning, parseKey, showTime } from '../../config/index.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A rollout that takes longer ends after the key has begun to sign. */
const LEAST_AHEAD = 5 * MINUTE;
const MOST_AHEAD = 7 * DAY;
/** Tokens and sessions that live longer are rare. */
const RETIRABLE_AFTER = 30 * DAY;

/** A key of the ring with its place. */
interface PlacedKey {
  readonly name: string;
  /** 'item 2 ' in a list. */
  readonly item: string;
  readonly since: number;
}

/** Finds key times that are probably mistakes, and keys that are no longer needed. */
export function keyScheduleAdvice(values: Readonly<Record<string, unknown>>): ConfigWarning[] {
  const keys = keysOf(values);
  const now = Date.now();
  const timed = keys.flatMap((key, index) => timeAdvice(key, keys.slice(0, index), now));
  return [...timed, ...retirable(keys, now)];
}

function keysOf({ SECRET_KEY, SECRET_KEY_FALLBACKS }: Readonly<Record<string, unknown>>): PlacedKey[] {
  const fallbacks: readonly unknown[] = Array.isArray(SECRET_KEY_FALLBACKS) ? SECRET_KEY_FALLBACKS : [];
  return [SECRET_KEY, ...fallbacks].flatMap((text, index) => {
    const since = typeof text === 'string' ? parseKey(text)?.since : undefined;
    if (since === undefined) return [];
    return index === 0
      ? [{ name: 'SECRET_KEY', item: '', since }]
      : [{ name: 'SECRET_KEY_FALLBACKS', item: `item ${index} `, since }];
  });
}

function timeAdvice(
  { name, item, since }: PlacedKey,
  before: readonly PlacedKey[],
  now: number,
): ConfigWarning[] {
  if (since === -Infinity) return [];
  const warn = (message: string, fix: string) => [
    { id: 'key-time', name, message: `${item}${message}`, fix } as const,
  ];
  if (since > now && before.some((other) => other.since <= since)) {
    return warn(
      `signs from ${showTime(since)} on, but an earlier key in the list also signs then and takes precedence`,
      'put the key that is to sign into SECRET_KEY, and the one that it replaces into SECRET_KEY_FALLBACKS',
    );
  }
  if (since > now && since - now < LEAST_AHEAD) {
    return warn(
      `signs from ${showTime(since)} on, in less than 5 minutes: instances that do not have it by then reject what it signs`,
      'choose a time after the rollout has ended, such as keygen --since +30m',
    );
  }
  if (since - now > MOST_AHEAD) {
    return warn(
      `signs from ${showTime(since)} on, in more than 7 days`,
      'check the date: any time after the rollout is enough',
    );
  }
  return [];
}

/** Fallbacks that the key of SECRET_KEY replaced long ago. */
function retirable([current, ...fallbacks]: readonly PlacedKey[], now: number): ConfigWarning[] {
  if (current?.name !== 'SECRET_KEY' || !Number.isFinite(current.since)) return [];
  const others = fallbacks.filter(({ since }) => since <= now);
  if (now - current.since < RETIRABLE_AFTER || others.length === 0) return [];
  return [
    {
      id: 'retirable-key',
      name: 'SECRET_KEY_FALLBACKS',
      message: `lists other keys, although SECRET_KEY has signed since ${showTime(current.since).slice(0, 10)}, for more than 30 days`,
      fix: 'remove those that it replaced, once all that they signed has expired',
    },
  ];
}
