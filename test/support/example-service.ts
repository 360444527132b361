import type { DATABASES } from './databases.js';
import { ExampleProcess } from './example-process.js';
import { SECRET_KEY } from './keys.js';

interface Product {
  readonly id: number;
}

export interface OrdersPage {
  readonly items: readonly { readonly id: number; readonly createdAt: string }[];
  readonly page: { readonly hasMore: boolean; readonly next: string | null };
}

export const PRODUCTION = { NODE_ENV: 'production', SECRET_KEY };

/** The example on a database of its own; undefined if nobody can start that. */
export async function startExample(startDatabase: (typeof DATABASES)[string]) {
  const database = await startDatabase();
  if (database === undefined) return undefined;
  const env = { ...PRODUCTION, ...(database.url === undefined ? {} : { DATABASE_URL: database.url }) };
  const example = new ExampleProcess(env);
  const stop = async () => {
    await example.stop();
    await database.stop();
  };
  try {
    await example.listening();
  } catch (error) {
    await stop();
    throw error;
  }
  return { example, stop };
}

export function idsOf(rows: unknown): number[] {
  return (rows as Product[]).map(({ id }) => id);
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** The target of the Link header, which is relative to the URL of its page. */
export function nextPath(response: Response): string | undefined {
  const target = /^<([^>]*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  return target === undefined ? undefined : new URL(target, response.url).href;
}
