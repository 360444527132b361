import { QueryClient } from '@tanstack/query-core';
import axios from 'axios';

export async function walk(url) {
  const api = axios.create({ baseURL: url });
  const client = new QueryClient();
  const query = await client.fetchInfiniteQuery({
    queryKey: ['orders'],
    queryFn: async ({ pageParam }) =>
      (await api.get('/orders', { params: { page: pageParam, size: 20 } })).data,
    initialPageParam: 0,
    getNextPageParam: (page) => (page.last ? undefined : page.number + 1),
    pages: Infinity,
  });
  client.clear();
  return query.pages.flatMap(({ content }) => content.map(({ id }) => id));
}

/** Follows the links, which axios joins to its base URL. */
export async function walkLinks(url) {
  const api = axios.create({ baseURL: url });
  const ids = [];
  for (let next = '/orders?size=20'; next !== undefined;) {
    const { data, headers } = await api.get(next);
    ids.push(...data.content.map(({ id }) => id));
    next = headers.link?.match(/<([^>]*)>; rel="next"/)?.[1];
  }
  return ids;
}
