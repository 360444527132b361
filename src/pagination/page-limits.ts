import { ConfigDefinitionError } from '../config/index.js';

/** What bounds the pages of a list, in rows. */
export interface PageLimits {
  /** What a request gets that asks for no number: PAGE_SIZE. */
  readonly pageSize: number;
  /** The most that a client can ask for, at most 1000: MAX_PAGE_SIZE. */
  readonly maxPageSize: number;
  /** The most rows that an offset may pass over, which the database reads all the same. Default: 10,000. */
  readonly maxOffset?: number | undefined;
}

/** Limits that bound. */
export type CheckedLimits = { readonly [Name in keyof PageLimits]-?: number };

// A page is read into memory whole; the rules of the settings say the same.
const MOST_ROWS = 1000;
const MAX_OFFSET = 10_000;

/** @throws ConfigDefinitionError when the limits bound nothing */
export function checkedLimits({ pageSize, maxPageSize, maxOffset = MAX_OFFSET }: PageLimits): CheckedLimits {
  const bounds = [1, pageSize, maxPageSize, MOST_ROWS];
  if (!bounds.every((bound, index) => Number.isSafeInteger(bound) && bound >= (bounds[index - 1] ?? 1))) {
    throw new ConfigDefinitionError(
      `PAGE_SIZE (pageSize) and MAX_PAGE_SIZE (maxPageSize) must be whole numbers with 1 <= PAGE_SIZE <= MAX_PAGE_SIZE <= ${MOST_ROWS}`,
    );
  }
  if (!Number.isSafeInteger(maxOffset) || maxOffset < 0) {
    throw new ConfigDefinitionError('maxOffset must be a whole number of rows, at least 0');
  }
  return { pageSize, maxPageSize, maxOffset };
}
