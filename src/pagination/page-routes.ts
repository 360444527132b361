import { Logger, type ExecutionContext } from '@nestjs/common';
import { PATH_METADATA, SSE_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import type { BaseConfig } from '../config/base.config.js';
import { ConfigDefinitionError } from '../config/config.error.js';
import type { KeyRing } from '../keys/key-ring.js';
import { PageError } from './page.error.js';
import { checkedLimits, type PageLimits } from './page-limits.js';
import { pageSizesOf } from './page-size.decorator.js';
import type { PaginationOptions } from './pagination.options.js';

/** What is known of a route's lists. */
export interface PageRoute {
  readonly name: string;
  readonly limits: Required<PageLimits>;
  /** Whether what it returns leaves as it is. */
  readonly isOpen: boolean;
  /** Whether PaginationInterceptor bounds it. */
  isBounded: boolean;
  /** Whether its handler takes the page: where a cache answers for it, it does not get to. */
  isTaken: boolean;
  /** What was warned of already. */
  readonly warned: Set<string>;
}

/** The routes of an application, and the pages that each of them grants. */
export class PageRoutes {
  private readonly isStrict: boolean;
  private readonly logger = new Logger('Pagination');
  private readonly limits: Required<PageLimits>;
  private readonly routes = new WeakMap<Function, WeakMap<Function, PageRoute>>();

  constructor(
    config: BaseConfig,
    readonly keys: KeyRing,
    { maxOffset, overrun }: PaginationOptions = {},
  ) {
    this.limits = checkedLimits({
      pageSize: config.PAGE_SIZE,
      maxPageSize: config.MAX_PAGE_SIZE,
      ...(maxOffset === undefined ? {} : { maxOffset }),
    });
    this.isStrict = (overrun ?? (config.NODE_ENV === 'test' ? 'error' : 'truncate')) === 'error';
  }

  /** The route of a request. */
  of(context: ExecutionContext): PageRoute {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    let handlers = this.routes.get(controller);
    if (handlers === undefined) this.routes.set(controller, (handlers = new WeakMap()));
    let route = handlers.get(handler);
    if (route === undefined) handlers.set(handler, (route = this.routeOf(controller, handler)));
    return route;
  }

  /** Says once for each route what should be mended there. */
  warn(route: PageRoute, topic: string, what: string): void {
    if (route.warned.has(topic)) return;
    route.warned.add(topic);
    this.logger.warn(`${route.name} ${what} Said once for this route.`);
  }

  /**
   * A list was longer than its page.
   *
   * @throws PageError with `overrun: 'error'`
   */
  overrun(route: PageRoute, what: string): void {
    if (this.isStrict) throw new PageError('ERR_PAGE_OVERRUN', `${route.name} ${what}`);
    this.warn(route, 'overrun', what);
  }

  /** @throws ConfigDefinitionError naming every route whose page size bounds nothing, or too much for MAX_PAGE_SIZE */
  check(controllers: Iterable<Function>): void {
    const scanner = new MetadataScanner();
    const problems = [...controllers].flatMap((controller) => {
      const prototype = controller.prototype as Record<string, Function>;
      return scanner
        .getAllMethodNames(prototype)
        .map((name) => prototype[name]!)
        .filter((method) => Reflect.hasMetadata(PATH_METADATA, method))
        .map((handler) => this.problemOf(controller, handler))
        .filter((problem) => problem !== undefined);
    });
    if (problems.length > 0) throw new ConfigDefinitionError(problems.join('\n'));
  }

  private routeOf(controller: Function, handler: Function): PageRoute {
    const sizes = pageSizesOf(controller, handler);
    return {
      name: nameOf(controller, handler),
      limits: sizes ? { ...this.limits, pageSize: sizes.size, maxPageSize: sizes.max } : this.limits,
      isOpen: sizes === null || Reflect.hasMetadata(SSE_METADATA, handler),
      isBounded: false,
      isTaken: false,
      warned: new Set(),
    };
  }

  private problemOf(controller: Function, handler: Function): string | undefined {
    const sizes = pageSizesOf(controller, handler);
    if (!sizes) return undefined;
    const { size, max } = sizes;
    const said = `${nameOf(controller, handler)}: @PageSize(${size}${Object.is(max, size) ? '' : `, { max: ${max} }`})`;
    if (![size, max].every(Number.isSafeInteger) || size < 1 || max < size) {
      return `${said} must be whole numbers of rows, 1 <= size <= max`;
    }
    if (max <= this.limits.maxPageSize) return undefined;
    return `${said} is beyond MAX_PAGE_SIZE (${this.limits.maxPageSize}), which is PAGE_SIZE where it is not set: lower one or raise the other`;
  }
}

const nameOf = (controller: Function, handler: Function) => `${controller.name}.${handler.name}`;
