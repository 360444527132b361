/** What the keys of a group have in common. */
export interface KeyGroup {
  /**
   * 'prefix': keys that begin with this word and a colon; 'method': calls of a method with `@Cacheable()`; 'responses': cached
   * responses; 'tags': the generations of tags; 'unnamed': all keys without such a beginning; 'other': groups that are not listed.
   */
  readonly kind: 'prefix' | 'method' | 'responses' | 'tags' | 'unnamed' | 'other';
  /** The word or the name of the method; empty for the other kinds. */
  readonly name: string;
}

/** The arguments of a call follow in brackets, and may hold a colon. */
const METHOD = /^[\p{ID_Start}$][\p{ID_Continue}$.:/-]{0,79}(?=[([].*\)$)/su;
const RESPONSE = /^http:[\w-]{43}$/;
/** Any other text may be a name, an e-mail address or a token. */
const WORD = /^\/?[A-Za-z][\w-]{0,31}(?=:)/;

/** The group of a key. */
export function groupOf(key: string): KeyGroup {
  if (RESPONSE.test(key)) return RESPONSES;
  if (key.startsWith('@tag:')) return TAGS;
  const [word] = WORD.exec(key) ?? [];
  // Most keys are read by one expression.
  if (word !== undefined && !key.endsWith(')')) return { kind: 'prefix', name: word };
  const [method] = METHOD.exec(key) ?? [];
  if (method !== undefined) return { kind: 'method', name: method };
  return word === undefined ? UNNAMED : { kind: 'prefix', name: word };
}

const RESPONSES: KeyGroup = { kind: 'responses', name: '' };
const TAGS: KeyGroup = { kind: 'tags', name: '' };
const UNNAMED: KeyGroup = { kind: 'unnamed', name: '' };
export const OTHER: KeyGroup = { kind: 'other', name: '' };
