import type { DeclaredRoute } from './declared-route.js';
import type { CheckedLimits } from './page-limits.js';
import type { ParameterNames } from './page-params.js';

/** A route with its limits and its state. */
export interface PageRoute extends DeclaredRoute {
  readonly limits: CheckedLimits;
  readonly names: ParameterNames;
  /** Whether PaginationInterceptor bounds it; undefined until this is known. */
  isBounded: boolean | undefined;
  /**
   * The names of the other parameters that links keep; undefined for all of them. A cached response must not show one
   * client what another one sent.
   */
  linked: readonly string[] | undefined;
  /** The topics of the warnings that were logged. */
  readonly warned: Set<string>;
  readonly counts: RouteCounts;
}

/** What has happened on a route since the start. */
interface RouteCounts {
  /** Lists that were longer than their page. */
  overruns: number;
  /** Requests whose limit was reduced. */
  reduced: number;
  /** Requests whose page was refused. */
  refused: number;
}
