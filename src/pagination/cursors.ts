import { type KeyRing, isOwn, signOwn } from '../keys/index.js';
import { type CursorKey, packKey, unpackKey } from './cursor-key.js';
import { PageRequestError } from './page.error.js';
import type { SortOrder } from './sort-order.js';

const PURPOSE = 'page-cursor';

/**
 * The cursors of one list: the sort key of a row, signed for this list and this order. Whoever has a cursor can read
 * the key in it, and can make no other.
 */
export class Cursors {
  constructor(
    private readonly keys: KeyRing,
    /** Tells the list from the others of the application. */
    private readonly list: string,
    readonly sort: SortOrder,
  ) {}

  encode(key: CursorKey): string {
    const packed = Buffer.from(packKey(key)).toString('base64url');
    return `${packed}.${signOwn(this.keys, PURPOSE, this.signed(packed))}`;
  }

  /** @throws PageRequestError (status 400), the same for whatever is no cursor of this list */
  decode(cursor: unknown): CursorKey {
    const text = typeof cursor === 'string' ? cursor : '';
    const dot = text.lastIndexOf('.');
    const packed = text.slice(0, Math.max(dot, 0));
    if (isOwn(this.keys, PURPOSE, this.signed(packed), text.slice(dot + 1))) {
      const key = unpackKey(Buffer.from(packed, 'base64url').toString());
      if (this.sort.problemOf(key) === undefined) return key;
    }
    throw new PageRequestError(
      'after',
      'is not a valid cursor for this list; omit it to start at the first page',
    );
  }

  private signed(packed: string): string {
    return JSON.stringify([this.list, this.sort.text, packed]);
  }
}
