import type { BaseConfig } from '../config/base.config.js';
import { ConfigDefinitionError } from '../config/config.error.js';
import type { PageLimits } from './page-request.js';

// A page is read into memory whole; the rules of the settings say the same.
const MOST_ROWS = 1000;

/**
 * The limits that a configuration sets.
 *
 * @throws ConfigDefinitionError when a class overrides the settings by rules that bound nothing
 */
export function limitsOf({ PAGE_SIZE: pageSize, MAX_PAGE_SIZE: maxPageSize }: BaseConfig): PageLimits {
  const bounds = [1, pageSize, maxPageSize, MOST_ROWS];
  if (!bounds.every((bound, index) => Number.isSafeInteger(bound) && bound >= (bounds[index - 1] ?? 1))) {
    throw new ConfigDefinitionError(
      `PAGE_SIZE and MAX_PAGE_SIZE must be whole numbers with 1 <= PAGE_SIZE <= MAX_PAGE_SIZE <= ${MOST_ROWS}`,
    );
  }
  return { pageSize, maxPageSize };
}
