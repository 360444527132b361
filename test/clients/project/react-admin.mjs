/** All ids, read page by page as react-admin reads a list; in ascending order. */
export async function walkProvider(provider, order) {
  const ids = [];
  for (let page = 1, total = Infinity; ids.length < total; page++) {
    const pagination = { page, perPage: 25 };
    const answer = await provider.getList('orders', {
      pagination,
      sort: { field: 'id', order },
      filter: {},
    });
    if (answer.data.length === 0) break;
    ids.push(...answer.data.map(({ id }) => id));
    ({ total } = answer);
  }
  return order === 'DESC' ? ids.toReversed() : ids;
}
