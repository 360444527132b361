import { hash } from 'node:crypto';

/** Texts that people hash to get something like a key. The first is the input of a command that got none. */
const COMMON_TEXTS = [
  '',
  ...(
    'a 0 1 123 1234 12345 123456 1234567 12345678 123456789 1234567890 0123456789 111111 123123 abc abc123 abcdef ' +
    'abcdefghijklmnopqrstuvwxyz qwerty qwerty123 letmein welcome welcome1 iloveyou monkey dragon master login ' +
    'password password1 password123 Password Password1 Password123 PASSWORD passw0rd p@ssw0rd P@ssw0rd pass passwd pwd ' +
    'passphrase secret secret1 secret123 Secret SECRET mysecret my-secret my_secret supersecret super-secret ' +
    'super_secret topsecret secretkey secret-key secret_key SECRET_KEY mysecretkey my-secret-key my_secret_key ' +
    'jwt jwtsecret jwt-secret jwt_secret JWT_SECRET session sessionsecret session-secret session_secret cookie ' +
    'token key mykey apikey api-key api_key changeme change-me change_me ChangeMe CHANGEME changeit default placeholder ' +
    'example sample demo dummy test Test TEST test1 test123 testing tests admin Admin admin123 administrator root toor ' +
    'user username guest foo bar baz foobar hello Hello world helloworld null undefined none true false dev ' +
    'development prod production staging local localhost app server salt hash random string text data key123 ' +
    'nestjs node express postgres redis docker github google company'
  ).split(' '),
  'hello world',
  'Hello World',
  'Hello World!',
  'Hello, World!',
  'hello, world',
  'keyboard cat',
  'correct horse battery staple',
  'message digest',
  'The quick brown fox jumps over the lazy dog',
  'The quick brown fox jumps over the lazy dog.',
];

/** Line endings that `echo` adds: none, Unix, Windows. */
const LINE_ENDS = ['', '\n', '\r\n'];

/** Names of digests by their length in bytes. */
const NAMES: Readonly<Record<number, string>> = {
  16: 'MD5',
  20: 'SHA-1',
  28: 'SHA-224',
  32: 'SHA-256',
  48: 'SHA-384',
  64: 'SHA-512',
};

const tables = new Map<string, ReadonlyMap<string, string>>();

/** Describes a key that is the digest of a common text. */
export function digestOf(bytes: Buffer): string | undefined {
  const name = NAMES[bytes.length];
  const text = name === undefined ? undefined : digestTableOf(name).get(bytes.toString('hex'));
  return text === undefined
    ? undefined
    : `is the ${name} digest of ${text === '' ? 'nothing' : 'a common word'}`;
}

/** The digests of the common texts, computed when the first key of that length is checked. */
function digestTableOf(name: string): ReadonlyMap<string, string> {
  let table = tables.get(name);
  if (table === undefined) tables.set(name, (table = computeTable(name)));
  return table;
}

function computeTable(name: string): ReadonlyMap<string, string> {
  const algorithm = name.replace('-', '').toLowerCase();
  try {
    return new Map(
      COMMON_TEXTS.flatMap((text) => LINE_ENDS.map((end) => [hash(algorithm, text + end, 'hex'), text])),
    );
  } catch {
    // A system in FIPS mode has no MD5.
    return new Map();
  }
}
