import { GraphQLClient, gql } from 'graphql-request';

const ORDERS = gql`
  query ($first: Int, $after: String, $last: Int, $before: String) {
    orders(first: $first, after: $after, last: $last, before: $before) {
      edges {
        cursor
        node {
          id
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`;

const idsOf = ({ edges }) => edges.map(({ node }) => Number(node.id));

export async function walk(url) {
  const client = new GraphQLClient(`${url}/graphql`);
  const ids = [];
  for (let variables = { first: 20 }; variables;) {
    const { orders } = await client.request(ORDERS, variables);
    ids.push(...idsOf(orders));
    const { hasNextPage, endCursor } = orders.pageInfo;
    variables = hasNextPage && { first: 20, after: endCursor };
  }
  return ids;
}

export async function walkBackward(url) {
  const client = new GraphQLClient(`${url}/graphql`);
  const ids = [];
  for (let variables = { last: 20 }; variables;) {
    const { orders } = await client.request(ORDERS, variables);
    ids.unshift(...idsOf(orders));
    const { hasPreviousPage, startCursor } = orders.pageInfo;
    variables = hasPreviousPage && { last: 20, before: startCursor };
  }
  return ids;
}
