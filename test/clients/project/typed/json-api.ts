import createClient from 'openapi-fetch';
import type { paths } from '../openapi/json-api.js';

export async function walk(baseUrl: string): Promise<number[]> {
  const client = createClient<paths>({ baseUrl });
  const ids: number[] = [];
  let after: string | undefined;
  do {
    const query = { 'page[size]': 20, ...(after !== undefined && { 'page[after]': after }) };
    const { data, error } = await client.GET('/orders', { params: { query } });
    if (error !== undefined) throw new Error(`${error.parameter}: ${error.message}`);
    ids.push(...data.data.map(({ id }) => Number(id)));
    const { next } = data.links;
    after = next ? (new URL(next, baseUrl).searchParams.get('page[after]') ?? undefined) : undefined;
  } while (after !== undefined);
  return ids;
}
