import createClient from 'openapi-fetch';
import type { paths } from '../openapi/spring.js';

export async function walk(baseUrl: string): Promise<number[]> {
  const client = createClient<paths>({ baseUrl });
  const ids: number[] = [];
  for (let page: number | undefined = 0; page !== undefined;) {
    const query: { page: number; size: number } = { page, size: 20 };
    const { data, error } = await client.GET('/orders', { params: { query } });
    if (error !== undefined) throw new Error(`${error.parameter}: ${error.message}`);
    ids.push(...data.content.map(({ id }) => id));
    page = data.last ? undefined : data.number + 1;
  }
  return ids;
}
