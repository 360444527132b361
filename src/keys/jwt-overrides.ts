/** Options of `@nestjs/jwt` that would bring another key, algorithm or id than the ring's. */
interface Overrides {
  readonly algorithm?: unknown;
  readonly algorithms?: unknown;
  readonly keyid?: unknown;
  readonly header?: unknown;
}

const KEYS = ['secret', 'privateKey', 'publicKey', 'secretOrPrivateKey'];

/** What is wrong with options that sign or verify; undefined when the ring can keep to all of them. */
export function overrideIn(options: unknown): string | undefined {
  if (typeof options !== 'object' || options === null) return undefined;
  const key = KEYS.find((name) => name in options);
  if (key !== undefined) {
    return `takes no ${key}: give each kind of token a purpose instead, keys.jwtOptions({ purpose: 'refresh' })`;
  }
  const { algorithm, algorithms, keyid, header } = options as Overrides;
  const others = [algorithm, algorithms].flat().filter((name) => name !== undefined && name !== 'HS256');
  if (others.length > 0) return 'takes no other algorithm than HS256';
  if (keyid !== undefined) return 'takes no keyid: tokens name the key of the ring that signed them';
  return header === undefined ? undefined : headerFault(header);
}

// jsonwebtoken lets a header overrule the algorithm and the keyid.
function headerFault(header: unknown): string | undefined {
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    return 'takes an object as header';
  const { alg = 'HS256', kid } = header as { alg?: unknown; kid?: unknown };
  if (alg !== 'HS256') return 'takes no other alg in the header than HS256';
  return kid === undefined
    ? undefined
    : 'takes no kid in the header: tokens name the key of the ring that signed them';
}
