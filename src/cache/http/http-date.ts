const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const TIME = String.raw`\d\d:\d\d:\d\d`;
const FIXED = new RegExp(`^${DAY}, \\d\\d ${MONTH} \\d{4} ${TIME} GMT$`, 'i');
const RFC_850 = new RegExp(`^[A-Z]{3,6}day, (\\d\\d)-(${MONTH})-(\\d\\d) (${TIME}) GMT$`, 'i');
const ASCTIME = new RegExp(`^${DAY} ${MONTH} [ \\d]\\d ${TIME} \\d{4}$`, 'i');

/** Milliseconds since the epoch of an HTTP-date (RFC 9110, 5.6.7); NaN for every other text. */
export function httpDate(text: unknown): number {
  const date = String(text);
  if (FIXED.test(date)) return Date.parse(date);
  if (ASCTIME.test(date)) return Date.parse(`${date} GMT`);
  const [whole, day, month, year, time] = RFC_850.exec(date) ?? [];
  if (whole === undefined) return NaN;
  // A two-digit year is in this century, or in the last one if it would be more than 50 years from now.
  const thisYear = new Date().getUTCFullYear();
  const named = thisYear - (thisYear % 100) + Number(year);
  return Date.parse(`${day} ${month} ${named > thisYear + 50 ? named - 100 : named} ${time} GMT`);
}
