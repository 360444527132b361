import type { BoundedList } from './bounded-list.js';
import { isGiven } from './counting.js';
import type { EnvelopedPage } from './page-envelope.js';
import type { PageLinks, PagePosition } from './page-links.js';
import type { PageState } from './page-state.js';
import { pageInfoOf, type PageInfo } from './page-info.js';
import { valueOf } from './parameter-path.js';

/** The positions of the neighbours of the sent page; undefined if there is no such page or no parameter leads to it. */
export class OtherPages {
  /** The `page` of the body, if it has one. */
  readonly info: PageInfo | undefined;
  readonly hasMore: boolean;
  /** Whether the page was read by cursor. */
  readonly isAtCursor: boolean;

  constructor(
    { body, rows = 0 }: BoundedList,
    private readonly state: PageState,
  ) {
    const { names, input, isSorted, page } = state;
    this.info = pageInfoOf(body);
    this.hasMore = this.info?.hasMore ?? rows > page.limit;
    const cursors = isSorted ? [names.after, names.before, names.last] : [];
    this.isAtCursor = cursors.some((name) => name !== undefined && isGiven(valueOf(input, name)));
  }

  /**
   * It may be beyond `maxOffset`: a client that follows the link then gets the reason as a 400, whereas a missing link
   * would suggest that the list is complete.
   */
  get next(): PagePosition | undefined {
    const { names, page } = this.state;
    const { next } = this.info ?? {};
    if (typeof next === 'string' && names.after !== undefined) {
      return this.atCursor(names.after, next, names.counting.limit);
    }
    return this.hasMore && !this.isAtCursor ? this.atOffset(page.offset + page.limit) : undefined;
  }

  /** The page before a cursor. */
  get previous(): PagePosition | undefined {
    const { names } = this.state;
    const { previous } = this.info ?? {};
    if (typeof previous !== 'string' || names.before === undefined) return undefined;
    return this.atCursor(names.before, previous, names.last ?? names.counting.limit);
  }

  /** Everything that an envelope may show. */
  enveloped(info: PageInfo, items: readonly unknown[], links: PageLinks | undefined): EnvelopedPage {
    const { names, page, isSorted } = this.state;
    const { limit, hasMore, total, next, previous = null } = info;
    const { first } = names.counting;
    const offset = this.isAtCursor ? undefined : page.offset;
    const to = (position: PagePosition | undefined) => (position && links?.to(position)) ?? null;
    const pages = total === undefined ? undefined : Math.max(Math.ceil(total / limit), 1);
    const before = offset ? this.atOffset(Math.max(offset - limit, 0)) : undefined;
    return {
      items,
      limit,
      offset,
      number: page.page ?? (offset === undefined ? undefined : first + Math.floor(offset / limit)),
      lastNumber: pages === undefined ? undefined : first + pages - 1,
      hasMore,
      total,
      next,
      previous,
      links: {
        first: to(this.atOffset(0) ?? pairsOf(names.counting.limit, limit)),
        prev: to(this.previous ?? before),
        next: to(this.next),
        last: to(
          (pages === undefined ? undefined : this.atOffset((pages - 1) * limit)) ??
            (isSorted && names.last !== undefined ? pairsOf(names.last, limit) : undefined),
        ),
      },
    };
  }

  private atOffset(offset: number): PagePosition | undefined {
    const { counting } = this.state.names;
    const { limit } = this.state.page;
    return counting.positions.size === 0 ? undefined : counting.parametersOf({ limit, offset });
  }

  private atCursor(name: string, cursor: string, size: string | undefined): PagePosition {
    return [...pairsOf(size, this.state.page.limit), [name, cursor]];
  }
}

const pairsOf = (name: string | undefined, value: number): PagePosition =>
  name === undefined ? [] : [[name, String(value)]];
