/** Groups items so that two that have a token in common, also by way of others, are in one group. */
export function linked<T>(items: readonly T[], tokensOf: (item: T) => readonly string[]): T[][] {
  let groups: { readonly items: T[]; readonly tokens: Set<string> }[] = [];
  for (const item of items) {
    const tokens = tokensOf(item);
    const touching = groups.filter((group) => tokens.some((token) => group.tokens.has(token)));
    groups = groups.filter((group) => !touching.includes(group));
    groups.push({
      items: [...touching.flatMap((group) => group.items), item],
      tokens: new Set([...touching.flatMap((group) => [...group.tokens]), ...tokens]),
    });
  }
  return groups.map((group) => group.items);
}
