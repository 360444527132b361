export const NODES: readonly string[];
export const TYPESCRIPTS: readonly string[];
export const LINES: readonly { readonly nest: string }[];
