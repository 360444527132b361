// V8 joins texts, and cuts pieces out of them, without copying once the result has this many characters.
const MIN_SHARED_LENGTH = 13;

/**
 * The same text in memory of its own. A text built by `+=` is a tree of its pieces and takes up to 30 times its length;
 * a piece cut out of a large text keeps all of that in memory. Joining a list is the cheapest way to a plain copy.
 */
export function copyText(text: string): string {
  return text.length < MIN_SHARED_LENGTH ? text : [text.charAt(0), text.slice(1)].join('');
}
