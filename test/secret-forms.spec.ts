import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, ProductionConfig } from 'nestjs-production-config';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { NON_SECRETS } from './support/non-secrets.js';

function errorOf(env: Record<string, string>): ConfigError {
  try {
    ProductionConfig.load(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`not refused: ${Object.values(env).at(-1)}`);
}

const kinds = Object.entries(NON_SECRETS).map(([kind, texts]): [number, string, readonly string[]] => [
  texts.length,
  kind,
  texts,
]);

describe('a text that is not a secret key', () => {
  it.each(kinds)('is refused, in %i cases, with its kind: %s', (_count, kind, texts) => {
    for (const text of texts) {
      const [problem, ...others] = errorOf({ SECRET_KEY: text }).problems;
      expect(problem).toMatchObject({ name: 'SECRET_KEY', code: 'weak' });
      expect(`${problem!.message}: ${text}`).toContain(kind);
      expect(others).toEqual([]);
    }
  });

  it.each(kinds)('is also refused among the fallbacks: %2$s', (_count, kind, [text = '']) => {
    const [problem] = errorOf({
      SECRET_KEY,
      SECRET_KEY_FALLBACKS: JSON.stringify([OTHER_KEYS[0], text]),
    }).problems;
    expect(problem).toMatchObject({ name: 'SECRET_KEY_FALLBACKS', code: 'weak' });
    expect(problem!.message).toMatch(/^item 2 /);
    expect(problem!.message).toContain(kind);
  });

  it('is not shown in the error', () => {
    for (const text of Object.values(NON_SECRETS).flat()) {
      const error = errorOf({ SECRET_KEY: text });
      const shown = inspect(error, { showHidden: true, depth: 9 }) + JSON.stringify(error);
      expect(shown).not.toContain(text);
    }
  });

  it.each([
    ['it is a public key', '-> make one: npx nestjs-production-config keygen'],
    ['it is a certificate (', '-> make one: npx nestjs-production-config keygen'],
    ['it is ciphertext (dotenvx)', '-> decrypt it before the service starts'],
    ['it is ciphertext (SOPS)', '-> decrypt it before the service starts'],
    ['it only refers to one', '-> start the service with the tool that resolves it'],
    ['is the private key of a key pair', '-> make one: npx nestjs-production-config keygen'],
  ])('is reported with the next step: %s', (kind, step) => {
    const { report } = errorOf({ SECRET_KEY: NON_SECRETS[kind]![0]! });
    expect(report).toContain(kind);
    expect(report).toContain(step);
    expect(report.match(/->/g)).toHaveLength(1);
  });
});

describe('text in another encoding', () => {
  const PHRASES = [
    'ThisIsMyVeryLongPasswordForTheShop',
    'ContraseñaMuySeguraDelServidorDeProducción',
    'СекретныйКлючДляПодписиТокеновСервиса',
    '替换成一个至少三十二字符的随机字符串密钥密钥',
    'changeme',
    'Password123!Password123!',
  ];
  const ENCODINGS: readonly [string, (text: string) => Buffer][] = [
    ['UTF-16, as encoded by PowerShell', (text) => Buffer.from(text, 'utf16le')],
    ['UTF-16 with a byte order mark', (text) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big-endian', (text) => Buffer.from(text, 'utf16le').swap16()],
    ['UTF-8', (text) => Buffer.from(text)],
    ['UTF-8 with a newline', (text) => Buffer.from(`${text}\r\n`)],
  ];

  it.each(ENCODINGS)('is rated by the text inside base64 and hex: %s', (_what, encode) => {
    for (const spelling of ['base64', 'base64url', 'hex'] as const) {
      const accepted = PHRASES.map((text) => encode(text).toString(spelling)).filter((key) => {
        try {
          ProductionConfig.load({ SECRET_KEY: key });
          return true;
        } catch {
          return false;
        }
      });
      expect(accepted).toEqual([]);
    }
  });

  it('is rated by the text in Latin-1', () => {
    const key = Buffer.from('MeinSehrGeheimesPasswortFürDenLaden', 'latin1').toString('base64');
    expect(errorOf({ SECRET_KEY: key }).report).toContain('decodes to text that is too predictable');
  });

  it('is accepted if the text is a random key', () => {
    const key = Buffer.from(SECRET_KEY, 'utf16le').toString('base64');
    expect(ProductionConfig.load({ SECRET_KEY: key }).SECRET_KEY).toBe(key);
  });
});

it('digests of common words in base64url are refused, regardless of their first characters', () => {
  const words = ['foo', 'Password1', 'P@ssw0rd', 'development\n', 'password', 'secret'];
  const accepted = words.filter((word) => {
    const key = createHash('sha512').update(word).digest('base64url');
    try {
      return ProductionConfig.load({ SECRET_KEY: key }).SECRET_KEY === key;
    } catch (error) {
      return !(error as Error).message.includes('digest');
    }
  });
  expect(accepted).toEqual([]);
});

describe('a secret that resembles a refused text', () => {
  it.each<[string, string]>([
    ['a symmetric JWK', JSON.stringify({ kty: 'oct', k: SECRET_KEY })],
    ['a key with the prefix 0x', `0x${OTHER_KEYS[1]}`],
    [
      'the two lines of openssl rand -base64 64',
      `${SECRET_KEY}${OTHER_KEYS[0].slice(0, 21)}\n${OTHER_KEYS[0].slice(21)}8Z==`,
    ],
    ['a key with the prefix sk_live_', `sk_live_${SECRET_KEY}`],
    ['the digest of random bytes as printed by sha256sum', `${OTHER_KEYS[1]}  -`],
  ])('is accepted: %s', (_what, key) => {
    expect(ProductionConfig.load({ SECRET_KEY: key }).SECRET_KEY).toBe(key);
  });
});
