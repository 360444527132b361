import Kitsu from 'kitsu';

export async function walk(url) {
  const api = new Kitsu({ baseURL: url, pluralize: false });
  const ids = [];
  for (let page = { size: 20 }; page;) {
    const { data, links } = await api.get('orders', { params: { page } });
    ids.push(...data.map(({ id }) => Number(id)));
    const after = links.next && new URL(links.next, url).searchParams.get('page[after]');
    page = after && { size: 20, after };
  }
  return ids;
}
