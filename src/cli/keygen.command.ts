import { parseTime, showTime } from '../config/model/scheduled-key.js';
import { generateSecretKey } from '../config/strength/secret-key.js';
import { type Arguments, type Command, CommandError, type Outcome } from './command.js';

const USAGE = `Prints 256 random bits on one line.

  --since <time>   the time from which the key signs, rounded up to a minute: +30m from now
                   (s, m, h, d), or a time such as 2027-01-31T12:30Z. Prints
                   since=<time>;<key>
`;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const keygen: Command = {
  summary: 'print a new SECRET_KEY: 256 random bits on one line',
  usage: USAGE,
  options: { since: { type: 'string' } },
  maxPositionals: 0,
  run,
};

function run({ values }: Arguments): Outcome {
  const since = values['since'] as string | undefined;
  const prefix = since === undefined ? '' : `since=${showTime(timeOf(since))};`;
  return { output: `${prefix}${generateSecretKey()}\n`, ok: true };
}

/** The time that an argument means, at a full minute. */
function timeOf(text: string): number {
  const [, count, unit] = /^\+(\d{1,9})([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? parseTime(text) : Date.now() + Number(count) * UNIT_MS[unit!]!;
  if (time === undefined || time > LATEST)
    throw new CommandError(`--since takes +30m, or a time with its zone such as 2027-01-31T12:30Z`, true);
  if (time <= Date.now()) throw new CommandError('--since must be in the future', true);
  return Math.ceil(time / UNIT_MS['m']!) * UNIT_MS['m']!;
}

/** The last minute that four digits of a year can express. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59);
