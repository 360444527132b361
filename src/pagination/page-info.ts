/** The `page` of a response. */
export interface PageInfo {
  /** The maximum number of rows on the page: the requested number, at most the route's maximum. */
  readonly limit: number;
  /** Whether more rows follow. */
  readonly hasMore: boolean;
  /** The cursor of the next page, for `?after=`; null if there is none. */
  readonly next: string | null;
  /** The cursor of the previous page, for `?before=`; null if there is none. Only lists that name `before` have it. */
  readonly previous?: string | null;
  /** The number of rows in the list, if the handler counted them. */
  readonly total?: number;
}

/** The `page` of an object, also of a Page from a cache, which is a plain object. */
export function pageInfoOf(body: unknown): PageInfo | undefined {
  const { page } = Object(body) as { page?: Partial<PageInfo> | null };
  return typeof page?.hasMore === 'boolean' && typeof page.limit === 'number'
    ? (page as PageInfo)
    : undefined;
}
