import { type KeyRing, sealInternal, signInternal, unsealInternal, verifyInternal } from '../keys/index.js';
import { type CursorKey, packKey, unpackKey } from './cursor-key.js';
import { PageRequestError } from './page.error.js';
import type { SortOrder } from './sort-order.js';

const PURPOSE = 'page-cursor';

/** The list that cursors belong to, and how they are made. */
export interface CursorList {
  readonly keys: KeyRing;
  /** Distinguishes the list from the others of the application. */
  readonly name: string;
  readonly sort: SortOrder;
  /** Whether clients cannot read the keys in the cursors. */
  readonly isSealed: boolean;
}

/**
 * Makes and reads the cursors of one list in one order. A cursor is the sort key of a row, signed or encrypted for this
 * list and this order. The cursor of the empty key is the edge of the list: all rows are after it, and before it.
 */
export class Cursors {
  private readonly context: string;

  constructor(private readonly list: CursorList) {
    this.context = JSON.stringify([list.name, list.sort.text]);
  }

  /** What is wrong with the key of a row; undefined if it is valid. */
  problemOf(key: unknown): string | undefined {
    return this.list.sort.problemOf(key);
  }

  encode(key: CursorKey): string {
    const { keys, isSealed } = this.list;
    const text = packKey(key);
    if (isSealed) return sealInternal(keys, PURPOSE, text, this.context);
    const packed = Buffer.from(text).toString('base64url');
    return `${packed}.${signInternal(keys, PURPOSE, this.signedText(packed))}`;
  }

  /**
   * The key of a cursor that a client sent; undefined for the edge of the list.
   *
   * @throws PageRequestError (status 400), with the same message for every invalid cursor
   */
  decode(parameter: string, cursor: unknown): CursorKey | undefined {
    const text = typeof cursor === 'string' ? this.open(cursor) : undefined;
    const key = text === undefined ? undefined : unpackKey(text);
    if (key?.length === 0) return undefined;
    if (key !== undefined && this.problemOf(key) === undefined) return key;
    throw new PageRequestError(
      parameter,
      'is not a valid cursor for this list; omit it to start at the first page',
    );
  }

  private open(cursor: string): string | undefined {
    const { keys, isSealed } = this.list;
    if (isSealed) return unsealInternal(keys, PURPOSE, cursor, this.context);
    const dot = cursor.lastIndexOf('.');
    const packed = cursor.slice(0, Math.max(dot, 0));
    const isSigned = verifyInternal(keys, PURPOSE, this.signedText(packed), cursor.slice(dot + 1));
    return isSigned ? Buffer.from(packed, 'base64url').toString() : undefined;
  }

  private signedText(packed: string): string {
    return JSON.stringify([this.list.name, this.list.sort.text, packed]);
  }
}
