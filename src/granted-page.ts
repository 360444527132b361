import type { ExecutionContext } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import type { BaseConfig } from './config/base.config.js';
import type { GrantedQuery } from './cache/http/http-cache.interceptor.js';
import { limitsOf } from './pagination/page-limits.js';
import { pageStateOf } from './pagination/page-state.js';
import { PaginationInterceptor } from './pagination/pagination.interceptor.js';

/** The page that a route under PaginationInterceptor answers with: `limit=100` and `limit=999999` are one answer. */
export function grantedPage(config: BaseConfig): GrantedQuery {
  const limits = limitsOf(config);
  return (context) => {
    if (!isPaginated(context)) return {};
    try {
      const { limit, offset } = pageStateOf(context.switchToHttp().getRequest(), limits).page;
      return { limit: String(limit), offset: String(offset) };
    } catch {
      // The interceptor refuses it.
      return {};
    }
  };
}

function isPaginated(context: ExecutionContext): boolean {
  return [context.getHandler(), context.getClass()].some((target) => {
    const interceptors = (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[];
    return interceptors.some(
      (interceptor) => interceptor === PaginationInterceptor || interceptor instanceof PaginationInterceptor,
    );
  });
}
