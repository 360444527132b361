import { Page, resolvePage, type CursorKey, type CursorScope } from 'nestjs-production-config';

const LIMITS = { pageSize: 1, maxPageSize: 1 };

/** The cursor of a list for a row with this key. */
export function cursorOf(key: CursorKey, scope: CursorScope): string {
  const page = resolvePage<CursorKey>({}, LIMITS, scope);
  // A different key, of any types and length.
  const another = key.map((value, index) => (index === 0 ? otherThan(value) : value));
  return Page.of([key, another], page, (row) => row).page.next!;
}

/** The key in a cursor, as the list reads it. */
export function keyIn(cursor: unknown, scope: CursorScope): CursorKey | undefined {
  return resolvePage<CursorKey>({ after: cursor }, LIMITS, scope).after;
}

function otherThan(value: CursorKey[number]): CursorKey[number] {
  if (typeof value === 'string') return `${value}+`;
  if (typeof value === 'bigint') return value + 1n;
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value === 0 ? 1 : 0;
  return null;
}
