import type { CheckedLimits } from './page-limits.js';
import { PageRequestError } from './page.error.js';
import { valueOf } from './parameter-path.js';

/** The rows that a page has without a cursor. */
export interface PageWindow {
  readonly limit: number;
  readonly offset: number;
  /** The number of the page, if the client counts pages. */
  readonly page?: number | undefined;
}

/** How clients say which rows they want, without a cursor. */
export interface Counting {
  /** The parameter of the page size; undefined if it is part of the position or cannot be chosen. */
  readonly limit: string | undefined;
  /** The parameters of the position, each with the value that an omitted one has; undefined if there is no such value. */
  readonly positions: ReadonlyMap<string, number | undefined>;
  /** The number of the first page. */
  readonly first: number;
  /** Whether clients expect the header X-Total-Count. */
  readonly sendsTotal: boolean;
  /** @throws PageRequestError naming the parameter as the client wrote it */
  parse(input: unknown, limits: CheckedLimits, after?: string): PageWindow;
  /** The parameters of the page that starts at an offset. */
  parametersOf(window: PageWindow): readonly (readonly [name: string, value: string])[];
}

/** `limit` and `offset`; either may have no name. */
export class OffsetCounting implements Counting {
  readonly first = 1;
  readonly sendsTotal = false;
  readonly positions: ReadonlyMap<string, number>;

  constructor(
    readonly limit: string | undefined,
    private readonly offset: string | undefined,
  ) {
    this.positions = new Map(offset === undefined ? [] : [[offset, 0]]);
  }

  parse(input: unknown, limits: CheckedLimits, after?: string): PageWindow {
    const limit = parseLimit(input, this.limit, limits);
    const offset = this.offset === undefined ? 0 : parseNumber(input, this.offset, 0, 0);
    // A clamped offset would return a different page than requested.
    if (offset > limits.maxOffset) {
      const hint =
        after === undefined ? '' : `: to read further, use a cursor (${after}) if the list has one`;
      throw new PageRequestError(this.offset!, `must be at most ${limits.maxOffset}${hint}`);
    }
    return { limit, offset };
  }

  parametersOf({ limit, offset }: PageWindow): [string, string][] {
    return [...pair(this.limit, limit), ...pair(this.offset, offset)];
  }
}

/** Numbered pages. */
export class PageCounting implements Counting {
  readonly sendsTotal = false;
  readonly positions: ReadonlyMap<string, number>;

  constructor(
    readonly limit: string | undefined,
    private readonly page: string,
    readonly first: number,
  ) {
    this.positions = new Map([[page, first]]);
  }

  parse(input: unknown, limits: CheckedLimits): PageWindow {
    const limit = parseLimit(input, this.limit, limits, 'refuse');
    const page = parseNumber(input, this.page, this.first, this.first);
    const last = this.first + Math.floor(limits.maxOffset / limit);
    if (page > last) throw new PageRequestError(this.page, `must be at most ${last}`);
    return { limit, offset: (page - this.first) * limit, page };
  }

  parametersOf({ limit, offset }: PageWindow): [string, string][] {
    return [...pair(this.limit, limit), ...pair(this.page, this.first + Math.floor(offset / limit))];
  }
}

/** The index of the first row, and that after the last one. */
export class SpanCounting implements Counting {
  readonly limit = undefined;
  readonly first = 1;
  readonly sendsTotal = true;
  readonly positions: ReadonlyMap<string, number | undefined>;

  constructor(
    private readonly start: string,
    private readonly end: string,
  ) {
    this.positions = new Map([
      [start, 0],
      [end, undefined],
    ]);
  }

  parse(input: unknown, limits: CheckedLimits): PageWindow {
    const offset = parseNumber(input, this.start, 0, 0);
    if (offset > limits.maxOffset)
      throw new PageRequestError(this.start, `must be at most ${limits.maxOffset}`);
    const end = parseNumber(input, this.end, 0, offset + limits.pageSize);
    checkEnd(this.end, this.start, offset, end, limits);
    return { limit: end - offset, offset };
  }

  parametersOf({ limit, offset }: PageWindow): [string, string][] {
    return [...pair(this.start, offset), ...pair(this.end, offset + limit)];
  }
}

/** The indexes of the first and the last row in one parameter. */
export class RangeCounting implements Counting {
  readonly limit = undefined;
  readonly first = 1;
  readonly sendsTotal = true;
  readonly positions: ReadonlyMap<string, undefined>;

  constructor(private readonly range: string) {
    this.positions = new Map([[range, undefined]]);
  }

  parse(input: unknown, limits: CheckedLimits): PageWindow {
    const text = valueOf(input, this.range);
    if (!isGiven(text)) return { limit: limits.pageSize, offset: 0 };
    const [, first, last] = (typeof text === 'string' && /^\[(\d+), ?(\d+)\]$/.exec(text)) || [];
    if (first === undefined || last === undefined) {
      throw new PageRequestError(
        this.range,
        'must be the indexes of the first and the last row, such as [0,24]',
      );
    }
    const offset = Number(first);
    if (offset > limits.maxOffset) {
      throw new PageRequestError(this.range, `must start at ${limits.maxOffset} or before`);
    }
    checkEnd(this.range, 'its start', offset, Number(last) + 1, limits);
    return { limit: Number(last) + 1 - offset, offset };
  }

  parametersOf({ limit, offset }: PageWindow): [string, string][] {
    return [[this.range, `[${offset},${offset + limit - 1}]`]];
  }
}

/** An omitted argument of GraphQL is null. */
export function isGiven(parameter: unknown): boolean {
  return parameter !== undefined && parameter !== null;
}

/** A page size. Clients that count rows or pages by the size they asked for would miss rows if it was reduced. */
export function parseLimit(
  input: unknown,
  name: string | undefined,
  { pageSize, maxPageSize }: CheckedLimits,
  aboveMax: 'reduce' | 'refuse' = 'reduce',
): number {
  if (name === undefined) return pageSize;
  const limit = parseNumber(input, name, 1, pageSize);
  if (limit > maxPageSize && aboveMax === 'refuse') {
    throw new PageRequestError(name, `must be at most ${maxPageSize}`);
  }
  return Math.min(limit, maxPageSize);
}

function checkEnd(name: string, start: string, offset: number, end: number, limits: CheckedLimits): void {
  if (end <= offset) throw new PageRequestError(name, `must end after ${start}`);
  if (end - offset <= limits.maxPageSize) return;
  throw new PageRequestError(name, `must end at most ${limits.maxPageSize} rows after ${start}`);
}

/** Number() would accept '', '1e3' and '0x10', and parseInt '10abc'. A repeated parameter is an array. */
function parseNumber(input: unknown, name: string, least: number, omitted: number): number {
  const value = valueOf(input, name);
  if (!isGiven(value)) return omitted;
  // Schema validation may already have converted it to a number.
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^[0-9]+$/.test(text) || Number(text) < least) {
    throw new PageRequestError(name, `must be a whole number, at least ${least}`);
  }
  return Number(text);
}

const pair = (name: string | undefined, value: number): [string, string][] =>
  name === undefined ? [] : [[name, String(value)]];
