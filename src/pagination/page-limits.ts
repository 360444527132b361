import type { BaseConfig } from '../config/base.config.js';
import type { PageLimits } from './page-request.js';

/** The limits that a configuration sets. */
export function limitsOf(config: BaseConfig): PageLimits {
  return { pageSize: config.PAGE_SIZE, maxPageSize: config.MAX_PAGE_SIZE };
}
