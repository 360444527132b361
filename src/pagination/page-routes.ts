import { type ExecutionContext, Logger, type OnModuleInit, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { type BaseConfig, ConfigDefinitionError, nodeEnvOf } from '../config/index.js';
import type { KeyRing } from '../keys/index.js';
import { type DeclaredRoute, declaredRoute, handlerKey } from './declared-route.js';
import { exposePages } from './exposed-page.js';
import { PageError } from './page.error.js';
import { type CheckedLimits, checkLimits } from './page-limits.js';
import type { PageRoute } from './page-route.js';
import { pageSizesOf } from './page-size.decorator.js';
import { type CheckedEnvelope, checkEnvelope } from './page-envelope.js';
import { type LinkStyle, checkLinkStyle } from './link-style.js';
import { registerNames } from './packed-query.js';
import { ParameterNames } from './page-params.js';
import type { PaginationOptions } from './pagination.options.js';
import { documentPage } from './page-document.js';
import { type Paging, pagingOf } from './paging.metadata.js';
import { handlersOf } from './route-handlers.js';

/** The routes of an application with the limits of their pages. */
export class PageRoutes implements OnModuleInit {
  /** The shape of the pages; undefined for `{ items, page }`. */
  readonly envelope: CheckedEnvelope | undefined;
  readonly linkStyle: LinkStyle;
  private readonly isStrict: boolean;
  private readonly logger = new Logger('Pagination');
  private readonly limits: CheckedLimits;
  private readonly names: ParameterNames;
  private readonly routes = new WeakMap<DeclaredRoute, PageRoute>();
  private readonly warnedUnbounded = new Set<string>();
  private hasWarnedHidden = false;

  constructor(
    config: BaseConfig,
    readonly keys: KeyRing,
    { maxOffset, overrun, params, envelope, link }: PaginationOptions = {},
  ) {
    this.names = params === undefined ? ParameterNames.DEFAULT : new ParameterNames(params);
    registerNames(this.names);
    this.envelope = checkEnvelope(envelope);
    this.linkStyle = checkLinkStyle(link);
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
  of(context: Pick<ExecutionContext, 'getClass' | 'getHandler'>): PageRoute {
    return this.get(declaredRoute(context));
  }

  get(declared: DeclaredRoute): PageRoute {
    let route = this.routes.get(declared);
    if (route === undefined) {
      const { paging, sizes } = declared;
      const maxOffset = paging?.maxOffset ?? this.limits.maxOffset;
      route = {
        ...declared,
        limits: { ...this.limits, ...sizes, maxOffset },
        names: this.namesOf(paging),
        isBounded: undefined,
        linked: undefined,
        warned: new Set(),
        counts: { overruns: 0, reduced: 0, refused: 0 },
      };
      this.routes.set(declared, route);
    }
    return route;
  }

  /** Logs a warning about a route, once for each topic. */
  warn(route: PageRoute, topic: string, problem: string): void {
    if (route.warned.has(topic)) return;
    route.warned.add(topic);
    this.logger.warn(`${route.name} ${problem} (logged once per route)`);
  }

  /** Whether a request was answered without a bound. */
  isKnownUnbounded({ name }: PageRoute): boolean {
    return this.warnedUnbounded.has(name);
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

  /** Warns once that scripts of other origins cannot read these headers. */
  warnHidden(headers: readonly string[]): void {
    if (this.hasWarnedHidden) return;
    this.hasWarnedHidden = true;
    this.logger.warn(
      `CORS is enabled, but scripts of other origins cannot read ${headers.join(' and ')}. Write ` +
        `app.enableCors({ exposedHeaders: [${headers.map((name) => `'${name}'`).join(', ')}] }).`,
    );
  }

  /**
   * Reports a list that is longer than its page.
   *
   * @throws PageError with `overrun: 'error'`
   */
  reportOverrun(route: PageRoute, problem: string): void {
    route.counts.overruns++;
    if (this.isStrict) throw new PageError('ERR_PAGE_OVERRUN', `${route.name} ${problem}`);
    this.warn(route, 'overrun', problem);
  }

  /** Completes the documentation of all paged routes. */
  document(controllers: Iterable<Function>): void {
    for (const [controller, handler] of handlersOf(controllers)) {
      const paging = pagingOf(controller.prototype as object, handlerKey(controller, handler));
      documentPage(handler, { names: this.namesOf(paging), envelope: this.envelope });
    }
  }

  /**
   * @throws ConfigDefinitionError naming every route whose `@PageSize()` is invalid or exceeds MAX_PAGE_SIZE, or that reads
   * its page from a body which its requests do not have
   */
  check(controllers: Iterable<Function>): void {
    const problems = handlersOf(controllers)
      .flatMap((route) => [this.sizeProblemOf(...route), bodyProblemOf(...route)])
      .filter((problem) => problem !== undefined);
    if (problems.length > 0) throw new ConfigDefinitionError(problems.join('\n'));
  }

  private namesOf(paging: Paging | undefined): ParameterNames {
    return paging?.names ?? this.names;
  }

  private sizeProblemOf(controller: Function, handler: Function): string | undefined {
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

// A body of GET has no meaning: Fastify does not read it, and caches ignore it.
const BODILESS = new Set<unknown>([RequestMethod.GET, RequestMethod.HEAD, RequestMethod.ALL]);

function bodyProblemOf(controller: Function, handler: Function): string | undefined {
  const key = handlerKey(controller, handler);
  const isBodiless = BODILESS.has(Reflect.getMetadata(METHOD_METADATA, handler));
  if (!isBodiless || pagingOf(controller.prototype as object, key)?.from !== 'body') return undefined;
  return `${controller.name}.${key}: @Paginate({ from: 'body' }) needs a method whose requests have a body, such as @Post()`;
}
