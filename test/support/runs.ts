/** Random tests run in both suites; the short suite has a tenth of the runs. */
export const IS_LONG = process.env['LONG'] === 'true';

/** The number of runs of a random test, given the number in the long suite. */
export const runs = (count: number): number => (IS_LONG ? count : Math.ceil(count / 10));
