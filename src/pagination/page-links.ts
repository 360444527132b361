import type { PagedRequest } from './paged-request.js';
import { isGiven } from './counting.js';
import { type LinkStyle, linkBase } from './link-style.js';
import type { ParameterNames } from './page-params.js';
import { valueOf, withoutParameters } from './parameter-path.js';
import { type Parameter, escapeText, parametersOf, queryOf, valuesOf } from './request-target.js';

/** What a page was parsed from. */
export interface LinkedPage {
  readonly names: ParameterNames;
  readonly input: unknown;
  /** Whether `input` is the query as the adapter parsed it, not the input of `resolvePage()`. */
  readonly isQuery: boolean;
  /** Whether the route reads cursors. If not, their parameters are filters of the application. */
  readonly isSorted: boolean;
  /** The names of the other parameters that links keep; undefined for all of them. */
  readonly linked: readonly string[] | undefined;
}

/** The parameters of another page. */
export type PagePosition = readonly (readonly [name: string, value: string])[];

// Parsers silently drop all further parameters; the link adds two.
const MAX_PARAMETERS = 1000;

/**
 * Links to the other pages of a list: the page parameters come first and are the only ones that change.
 *
 * With the style 'relative' the target is the query alone, so it stays valid behind a proxy that changes the path.
 */
export class PageLinks {
  /** The other parameters, as the client wrote them; undefined if no link would lead to another page. */
  private readonly filters: readonly string[] | undefined;
  private readonly base: string;

  constructor(
    request: PagedRequest,
    private readonly page: LinkedPage,
    style: LinkStyle,
  ) {
    const filters = filtersOf(parametersOf(request), page);
    this.filters = filters !== undefined && filters.length <= MAX_PARAMETERS - 2 ? filters : undefined;
    this.base = linkBase(request, style);
  }

  /** The target of a link; undefined if it would not lead to that page. */
  to(position: PagePosition): string | undefined {
    const repeats = ([name, value]: readonly [string, string]) =>
      this.isCursor(name) && value === valueOf(this.page.input, name);
    if (this.filters === undefined || position.some(repeats)) return undefined;
    const parameters = position.map(([name, value]) => `${encode(name)}=${encode(value)}`);
    return `${this.base}?${[...parameters, ...this.filters].join('&')}`;
  }

  private isCursor(name: string): boolean {
    return name === this.page.names.after || name === this.page.names.before;
  }
}

const encode = (text: string) => encodeURIComponent(text);

/**
 * The other parameters, as the client wrote them. If a middleware rewrote the query, they are taken from that query.
 */
function filtersOf(sent: readonly Parameter[], page: LinkedPage): string[] | undefined {
  const { names, input, isQuery, isSorted, linked } = page;
  const { limit, positions } = names.counting;
  const cursors = isSorted ? [names.after, names.before, names.last] : [];
  const places = [...positions.keys(), ...cursors].filter((name) => name !== undefined);
  const replaced = limit === undefined ? places : [limit, ...places];
  const differs = (name: string) => !isSame(valuesOf(sent, name), valueOf(input, name), positions.get(name));
  const isRewritten = (isQuery ? replaced : places).some(differs);
  if (!isRewritten) {
    return unread(sent, replaced, Object(input) as object)
      .filter(({ name }) => isLinked(name, page))
      .map(({ text }) => escapeText(text));
  }
  // The page does not start where the client asked for it, so the next page would not either.
  if (!isQuery || places.some((name) => differs(name) && valuesOf(sent, name).length > 0)) return undefined;
  const filters = Object.entries(withoutParameters(Object(input) as object, replaced));
  return queryOf(filters.filter(([name]) => linked?.includes(name) ?? true));
}

/** If the query has no `a[b]`, the value is in its object `a`. */
function isLinked(name: string, { linked, input }: LinkedPage): boolean {
  if (linked === undefined || linked.includes(name)) return true;
  const [first = ''] = name.split('[', 1);
  return linked.includes(first) && !Object.hasOwn(Object(input) as object, name);
}

/**
 * The parameters that a link may keep: no parser reads them as one of these names. A parser that makes objects reads
 * `[offset]` as `offset` and `[page[size]]` as `page[size]`. It ignores `page[size]` beside `page=1`, and reads no number in
 * `page[size]` beside `page[size][x]`.
 */
function unread(sent: readonly Parameter[], names: readonly string[], input: object): readonly Parameter[] {
  const roots = new Set(names.map(rootOf));
  const isParent = ({ name }: Parameter) => names.some((own) => own.startsWith(`${name}[`));
  const hiding = sent.filter(isParent).map(({ name }) => name);
  return sent.filter(({ name }) => {
    const isInside = hiding.some((parent) => name === parent || name.startsWith(`${parent}[`));
    const isMisread = !WELL_FORMED.test(name) && roots.has(rootOf(name));
    const isBelow = names.some((own) => name.startsWith(`${own}[`)) && !Object.hasOwn(input, name);
    return !names.includes(name) && !isInside && !isMisread && !isBelow;
  });
}

const WELL_FORMED = /^[^[\]]+(?:\[[^[\]]+\])*$/;

const rootOf = (name: string) => name.replace(/^[[\]]+/, '').split(/[[\]]/, 1)[0]!;

/** Whether a value was read as it was sent. A middleware may fill in the value that an omitted parameter has. */
function isSame([value, ...more]: readonly string[], read: unknown, omitted: number | undefined): boolean {
  if (more.length > 0) return false;
  if (omitted !== undefined) return Number(value ?? omitted) === Number(read ?? omitted);
  return isGiven(read) ? value === String(read) : value === undefined;
}
