import { Octokit } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';

export async function walk(url) {
  const octokit = new (Octokit.plugin(paginateRest))({ baseUrl: url });
  const orders = await octokit.paginate('GET /orders', { per_page: 20 });
  return orders.map(({ id }) => id);
}
