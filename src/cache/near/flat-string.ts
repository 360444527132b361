// V8 does not copy when it concatenates or slices strings whose result has at least this many characters.
const MIN_SHARED_LENGTH = 13;

/**
 * Copies a string into its own memory. A string built with `+=` is a tree of its parts and takes up to 30 times its length; a
 * slice keeps the whole original string in memory. Joining an array is the cheapest way to get a flat copy.
 */
export function copyText(text: string): string {
  return text.length < MIN_SHARED_LENGTH ? text : [text.charAt(0), text.slice(1)].join('');
}
