import createClient from 'openapi-fetch';
import type { paths } from '../openapi/github.js';

export async function walk(baseUrl: string): Promise<number[]> {
  const client = createClient<paths>({ baseUrl });
  const ids: number[] = [];
  let after: string | undefined;
  do {
    const query = { per_page: 20, ...(after !== undefined && { after }) };
    const { data, error, response } = await client.GET('/orders', { params: { query } });
    if (error !== undefined) throw new Error(`${error.parameter}: ${error.message}`);
    ids.push(...data.map(({ id }) => id));
    const next = /<([^>]*)>; rel="next"/.exec(response.headers.get('Link') ?? '')?.[1];
    after = next === undefined ? undefined : (new URL(next).searchParams.get('after') ?? undefined);
  } while (after !== undefined);
  return ids;
}
