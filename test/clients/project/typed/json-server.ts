import createClient from 'openapi-fetch';
import type { paths } from '../openapi/json-server.js';

export async function walk(baseUrl: string): Promise<number[]> {
  const client = createClient<paths>({ baseUrl });
  const ids: number[] = [];
  for (let start = 0, total = 1; start < total; start += 25) {
    const query = { _start: start, _end: start + 25 };
    const { data, error, response } = await client.GET('/orders', { params: { query } });
    if (error !== undefined) throw new Error(`${error.parameter}: ${error.message}`);
    ids.push(...data.map(({ id }) => id));
    total = Number(response.headers.get('X-Total-Count'));
  }
  return ids;
}
