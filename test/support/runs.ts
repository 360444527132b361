/** Random tests run in both suites: for a tenth of the time in the one that is run all day. */
const IS_LONG = process.env['LONG'] === 'true';

/** How often a random test is tried, of the times that it is tried in the long suite. */
export const runs = (count: number): number => (IS_LONG ? count : Math.ceil(count / 10));
