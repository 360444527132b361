import { ConfigDefinitionError } from '../config/index.js';

/** The limits of the pages of a list, in rows. */
export interface PageLimits {
  /** The page size of a request without a `limit`: PAGE_SIZE. */
  readonly pageSize: number;
  /** The largest page size that a client can ask for, at most 1000: MAX_PAGE_SIZE. */
  readonly maxPageSize: number;
  /** The largest offset. The database reads all rows that it skips. Default: 10,000. */
  readonly maxOffset?: number | undefined;
}

/** Valid limits, with the defaults filled in. */
export type CheckedLimits = { readonly [Name in keyof PageLimits]-?: number };

// A whole page is held in memory. The rules of the settings have the same maximum.
const MAX_ROWS = 1000;
const MAX_OFFSET = 10_000;

/** @throws ConfigDefinitionError if a limit is out of range */
export function checkLimits({ pageSize, maxPageSize, maxOffset }: PageLimits): CheckedLimits {
  const ascending = [1, pageSize, maxPageSize, MAX_ROWS];
  if (!ascending.every((size, index) => Number.isSafeInteger(size) && size >= (ascending[index - 1] ?? 1))) {
    throw new ConfigDefinitionError(
      `PAGE_SIZE (pageSize) and MAX_PAGE_SIZE (maxPageSize) must be whole numbers with 1 <= PAGE_SIZE <= MAX_PAGE_SIZE <= ${MAX_ROWS}`,
    );
  }
  return { pageSize, maxPageSize, maxOffset: checkMaxOffset(maxOffset) };
}

/** @throws ConfigDefinitionError if it is out of range */
export function checkMaxOffset(maxOffset: number = MAX_OFFSET): number {
  if (Number.isSafeInteger(maxOffset) && maxOffset >= 0) return maxOffset;
  throw new ConfigDefinitionError('maxOffset must be a whole number of rows, at least 0');
}
