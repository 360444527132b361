import { type ExecutionContext, Logger, type OnModuleInit } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { type BaseConfig, ConfigDefinitionError, nodeEnvOf } from '../config/index.js';
import type { KeyRing } from '../keys/index.js';
import { type DeclaredRoute, declaredRoute, handlerKey } from './declared-route.js';
import { exposePages } from './exposed-page.js';
import { PageError } from './page.error.js';
import { type CheckedLimits, checkLimits } from './page-limits.js';
import { type PageSizes, pageSizesOf } from './page-size.decorator.js';

/** A route with its limits and its state. */
export interface PageRoute extends DeclaredRoute {
  readonly limits: CheckedLimits;
  /** Whether PaginationInterceptor bounds it; undefined until this is known. */
  isBounded: boolean | undefined;
  /** The topics of the warnings that were logged. */
  readonly warned: Set<string>;
}

/** The routes of an application with the limits of their pages. */
export class PageRoutes implements OnModuleInit {
  private readonly isStrict: boolean;
  private readonly logger = new Logger('Pagination');
  private readonly limits: CheckedLimits;
  private readonly routes = new WeakMap<DeclaredRoute, PageRoute>();
  private readonly warnedUnbounded = new Set<string>();

  constructor(
    config: BaseConfig,
    readonly keys: KeyRing,
    { maxOffset, overrun }: PaginationOptions = {},
  ) {
    this.limits = checkLimits({
      pageSize: config.PAGE_SIZE,
      maxPageSize: config.MAX_PAGE_SIZE,
      maxOffset,
    });
    const nodeEnv = config.NODE_ENV ?? nodeEnvOf({});
    const policy = overrun ?? (nodeEnv === 'test' ? 'error' : 'truncate');
    if (policy !== 'error' && policy !== 'truncate') {
      throw new ConfigDefinitionError("pagination.overrun must be 'truncate' or 'error'");
    }
    this.isStrict = policy === 'error';
  }

  /** Declares pages for class-transformer before the first request. */
  async onModuleInit(): Promise<void> {
    await exposePages();
  }

  /** The route of a request. */
  of(context: ExecutionContext): PageRoute {
    const declared = declaredRoute(context);
    let route = this.routes.get(declared);
    if (route === undefined) {
      const limits = this.limitsOf(declared.sizes);
      this.routes.set(declared, (route = { ...declared, limits, isBounded: undefined, warned: new Set() }));
    }
    return route;
  }

  /** The limits of a route with these page sizes. */
  limitsOf(sizes: PageSizes | null | undefined): CheckedLimits {
    return { ...this.limits, ...sizes };
  }

  /** Logs a warning about a route, once for each topic. */
  warn(route: PageRoute, topic: string, problem: string): void {
    if (route.warned.has(topic)) return;
    route.warned.add(topic);
    this.logger.warn(`${route.name} ${problem} (logged once per route)`);
  }

  /** Warns once that a handler takes its page, but no interceptor bounds its result. */
  warnUnbounded(name: string): void {
    if (this.warnedUnbounded.has(name)) return;
    this.warnedUnbounded.add(name);
    this.logger.warn(
      `${name} takes its page with @Paginate(), but PaginationInterceptor does not run: all page.take rows are sent, ` +
        'and there is no Link to the next page. Add @UseInterceptors(PaginationInterceptor) to the controller. ' +
        '(logged once per route)',
    );
  }

  /**
   * Reports a list that is longer than its page.
   *
   * @throws PageError with `overrun: 'error'`
   */
  reportOverrun(route: PageRoute, problem: string): void {
    if (this.isStrict) throw new PageError('ERR_PAGE_OVERRUN', `${route.name} ${problem}`);
    this.warn(route, 'overrun', problem);
  }

  /** @throws ConfigDefinitionError naming every route whose `@PageSize()` is invalid or exceeds MAX_PAGE_SIZE */
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

  private problemOf(controller: Function, handler: Function): string | undefined {
    const sizes = pageSizesOf(controller, handler);
    if (!sizes) return undefined;
    const { pageSize: size, maxPageSize: max } = sizes;
    const declaration = `${controller.name}.${handlerKey(controller, handler)}: @PageSize(${size}${Object.is(max, size) ? '' : `, { max: ${max} }`})`;
    if (![size, max].every(Number.isSafeInteger) || size < 1 || max < size) {
      return `${declaration} must be whole numbers of rows, 1 <= size <= max`;
    }
    if (max <= this.limits.maxPageSize) return undefined;
    return `${declaration} exceeds MAX_PAGE_SIZE (${this.limits.maxPageSize}), which defaults to PAGE_SIZE: lower the page size or raise MAX_PAGE_SIZE`;
  }
}

/** The pagination options of `forRoot()`, besides PAGE_SIZE and MAX_PAGE_SIZE. */
export interface PaginationOptions {
  /** The largest `?offset=`. The database reads all rows that it skips. Default: 10,000. */
  readonly maxOffset?: number | undefined;
  /**
   * What happens to a list that is longer than its page: 'truncate' cuts it and logs one warning per route, 'error'
   * fails the request. Default: 'error' if NODE_ENV is 'test' (that of the process if the configuration has none),
   * otherwise 'truncate'.
   */
  readonly overrun?: 'truncate' | 'error' | undefined;
}
