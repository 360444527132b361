import { type KeyRing, verifyInternal, signInternal } from '../keys/index.js';
import { type CursorKey, packKey, unpackKey } from './cursor-key.js';
import { PageRequestError } from './page.error.js';
import type { SortOrder } from './sort-order.js';

const PURPOSE = 'page-cursor';

/**
 * Makes and reads the cursors of one list. A cursor is the sort key of a row, signed for this list and this order.
 * Clients can read the key in a cursor, but cannot forge one.
 */
export class Cursors {
  constructor(
    private readonly keys: KeyRing,
    /** Distinguishes the list from the others of the application. */
    private readonly list: string,
    readonly sort: SortOrder,
  ) {}

  encode(key: CursorKey): string {
    const packed = Buffer.from(packKey(key)).toString('base64url');
    return `${packed}.${signInternal(this.keys, PURPOSE, this.signedText(packed))}`;
  }

  /** @throws PageRequestError (status 400), with the same message for every invalid cursor */
  decode(cursor: unknown): CursorKey {
    const text = typeof cursor === 'string' ? cursor : '';
    const dot = text.lastIndexOf('.');
    const packed = text.slice(0, Math.max(dot, 0));
    if (verifyInternal(this.keys, PURPOSE, this.signedText(packed), text.slice(dot + 1))) {
      const key = unpackKey(Buffer.from(packed, 'base64url').toString());
      if (this.sort.problemOf(key) === undefined) return key;
    }
    throw new PageRequestError(
      'after',
      'is not a valid cursor for this list; omit it to start at the first page',
    );
  }

  private signedText(packed: string): string {
    return JSON.stringify([this.list, this.sort.text, packed]);
  }
}
