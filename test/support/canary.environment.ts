import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { canaryOf } from './canary.js';

/** One random environment: its variables, its files, and the canaries planted in them. */
export class Site {
  readonly env: Record<string, string> = {};
  /** Secrets that the application fetches. */
  readonly secrets: Record<string, string> = {};
  readonly canaries: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'canaries-'));
  readonly envFile = join(this.folder, '.env');
  readonly #dotenv: string[] = [];

  constructor(readonly seed: number) {
    for (const [name, folder] of [
      ['CREDENTIALS_DIRECTORY', 'credentials'],
      ['SECRETS_DIR', 'secrets'],
    ] as const) {
      mkdirSync((this.env[name] = join(this.folder, folder)));
    }
    writeFileSync(this.envFile, '');
  }

  /** 43 letters and digits. */
  text(): string {
    return this.#planted(canaryOf(this.seed, this.canaries.length));
  }

  /** A number of 15 digits. */
  digits(): string {
    const digits = BigInt(`0x${Buffer.from(canaryOf(this.seed, this.canaries.length)).toString('hex')}`);
    return this.#planted(`7${String(digits).slice(-14)}`);
  }

  /** A text that most encodings change. */
  odd(): string {
    const letters = canaryOf(this.seed, this.canaries.length);
    const between = ['"', '\\', '%', '+/', "'", '\u00e9', '<&>', '\u6f22', '{{#value}}'];
    return this.#planted(between.map((odd, index) => letters.slice(index * 4, index * 4 + 4) + odd).join(''));
  }

  file(name: string, content: string | Uint8Array, folder = '.'): string {
    const path = join(this.folder, folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  dotenv(line: string): void {
    this.#dotenv.push(line);
    this.file('.env', this.#dotenv.join('\n'));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #planted(canary: string): string {
    this.canaries.push(canary);
    return canary;
  }
}

/** Creates the text of a setting with canaries of the site. */
type Form = (site: Site) => string;

/** Texts that the rule of a secret in `fixtures/leaks` accepts, and texts that it refuses. */
interface Forms {
  readonly right: readonly Form[];
  readonly wrong: readonly Form[];
}

const texts = {
  plain: (site: Site) => site.text(),
  odd: (site: Site) => site.odd(),
  short: (site: Site) => site.text().slice(0, 15),
  exclaimed: (site: Site) => `${site.odd()}!`,
  huge: (site: Site) => site.text().repeat(500),
  doubled: (site: Site) => site.text().repeat(2),
  ended: (site: Site) => `${site.text()}\u0000\u001b[31m`,
};

const SECRETS: Readonly<Record<string, Forms>> = {
  SECRET_KEY: {
    right: [texts.plain],
    wrong: [
      texts.short,
      texts.doubled,
      texts.huge,
      (site) => ` ${site.text()}`,
      (site) => `secret${site.text()}`,
    ],
  },
  STRIPE_KEY: {
    right: [texts.plain],
    wrong: [texts.short, texts.odd, texts.ended, (site) => `${site.text()} ${site.text()}`],
  },
  SECRET_KEY_FALLBACKS: {
    right: [texts.plain, (site) => `${site.text()}, ${site.text()}`],
    wrong: [texts.short, (site) => twice(site.text()), (site) => JSON.stringify([{ key: site.text() }])],
  },
  DATABASE_URL: {
    right: [
      (site) => `postgres://${site.text()}:${site.text()}@db.example/orders`,
      (site) =>
        `postgres://app:${encodeURIComponent(site.odd())}@db.example/orders?application_name=${site.text()}`,
      (site) => `postgres://a@b:${site.text()} [|]@a.example,b.example/orders`,
      (site) => `sqlserver://db.example;user=sa;password={;#@ ${site.text()}}`,
    ],
    wrong: [
      texts.plain,
      texts.odd,
      (site) => `postgres://app:${site.text()}@[::1`,
      (site) => `postgres://app:1#${site.text()}@db.example/orders`,
      (site) => `mongodb://app:${site.text()}@a.example,b.example/${site.text()}@x`,
    ],
  },
  // It is refused without the other parts, and beside DATABASE_URL.
  DATABASE_PASSWORD: {
    right: [
      (site) => withParts(site).text(),
      (site) => withParts(site).odd(),
      (site) => withParts(site).text().repeat(2),
    ],
    wrong: [texts.plain, texts.odd, texts.ended, (site) => `"${withParts(site).text()}"`],
  },
  // No server listens there, so the error is reported.
  CACHE_URL: {
    right: [
      (site) => `redis://:${site.text()}@127.0.0.1:1/0`,
      (site) => `valkeys://app:${encodeURIComponent(site.odd())}@127.0.0.1:1`,
      (site) => `memcached://app:${site.text()}@127.0.0.1:1,127.0.0.1:2`,
      (site) =>
        `redis+sentinel://:${site.text()}@127.0.0.1:1/main?sentinelPassword=${encodeURIComponent(site.odd())}`,
    ],
    wrong: [
      (site) => `redis://:${site.text()}@127.0.0.1:1/${site.text()}`,
      (site) => `http://app:${site.text()}@127.0.0.1:1`,
      (site) => `redis+sentinel://127.0.0.1:1/main?sentinelPassword=${site.text()}&${site.text()}`,
      texts.odd,
    ],
  },
  CACHE_KEY: {
    right: [],
    wrong: [
      texts.plain,
      (site) => `-----BEGIN PRIVATE KEY-----\n${site.text()}\n-----END PRIVATE KEY-----`,
      (site) => `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${site.text()}\n-----END ENCRYPTED PRIVATE KEY-----`,
    ],
  },
  VAULT_TOKEN: { right: [texts.plain, texts.odd], wrong: [texts.short, texts.exclaimed] },
  VAULT_PASSWORD: { right: [texts.plain, texts.odd], wrong: [texts.short, texts.ended] },
  VAULT_PASS: { right: [texts.plain], wrong: [texts.short] },
  LICENCE: { right: [texts.plain, texts.odd, texts.huge], wrong: [texts.exclaimed, texts.ended] },
  PHRASE: { right: [texts.plain, texts.odd], wrong: [texts.exclaimed] },
  WEBHOOK_KEYS: {
    right: [texts.plain, (site) => `${site.text()}\n${site.text()}`, (site) => JSON.stringify([site.odd()])],
    wrong: [texts.short, (site) => twice(site.text()), (site) => JSON.stringify([7, [site.odd()]])],
  },
  LOGIN: {
    right: [(site) => JSON.stringify({ user: site.text(), password: site.odd() })],
    wrong: [
      texts.odd,
      (site) => JSON.stringify({ user: site.text(), password: site.text().slice(0, 15) }),
      (site) => JSON.stringify({ user: 'a', password: site.odd(), [site.text()]: site.text() }),
      (site) => JSON.stringify({ user: 'a', password: site.text() }).slice(0, -1),
      (site) => JSON.stringify([site.text()]),
    ],
  },
  TENANT_TOKENS: {
    right: [(site) => JSON.stringify({ [site.text()]: site.odd(), [site.text()]: site.text() })],
    wrong: [
      (site) => JSON.stringify({ [site.text()]: site.text().slice(0, 15) }),
      (site) => JSON.stringify({ [site.odd()]: site.text() }),
      (site) => JSON.stringify({ [site.text()]: { constructor: { name: site.text() } } }),
    ],
  },
  PIN: {
    right: [(site) => site.digits()],
    wrong: [(site) => `-${site.digits()}`, (site) => site.digits().repeat(2), texts.plain],
  },
  ACCOUNT: { right: [(site) => site.digits().repeat(2)], wrong: [texts.plain, texts.odd] },
  QUEUE_URL: {
    right: [(site) => `amqps://app:${site.text()}@queue.example/${site.text()}`],
    wrong: [(site) => `https://app:${site.text()}@queue.example`, texts.plain],
  },
  SIGNING_KEY: {
    right: [(site) => `-----BEGIN KEY-----\n${site.text()}\n${site.text()}\n-----END KEY-----`],
    wrong: [(site) => `-----BEGIN KEY-----\n${site.text()}`],
  },
  COLOUR: { right: [], wrong: [texts.plain, texts.odd] },
  ARMED: { right: [() => 'yes'], wrong: [texts.plain, (site) => `true ${site.text()}`] },
  LAUNCH_CODE: { right: [texts.huge], wrong: [texts.short] },
};

const UNREADABLE_CERTIFICATES: Forms = {
  right: [],
  wrong: [
    texts.plain,
    (site) => `-----BEGIN PRIVATE KEY-----\n${site.text()}\n-----END PRIVATE KEY-----`,
    (site) => `-----BEGIN CERTIFICATE-----\n${site.text()}\n-----END CERTIFICATE-----`,
  ],
};

/** Settings that are not secret: valid values are shown, refused ones are not. */
const PUBLIC: Readonly<Record<string, Forms>> = {
  INVOICE_URL: { right: [() => 'https://invoices.example/'], wrong: [texts.odd] },
  REGION: { right: [() => 'eu'], wrong: [texts.plain] },
  TAG: { right: [() => 'v1'], wrong: [texts.odd] },
  QUOTA: { right: [], wrong: [texts.plain, () => '5'] },
  PORT: { right: [() => '4000'], wrong: [texts.plain, (site) => site.digits()] },
  PAGE_SIZE: { right: [() => '20'], wrong: [() => '0', () => 'many'] },
  LOG_LEVEL: { right: [() => 'debug'], wrong: [texts.plain] },
  DATABASE_HOST: {
    right: [],
    wrong: [
      (site) => `app:${site.text()}@db.example`,
      (site) => `postgres://app:${site.text()}@db.example/orders`,
    ],
  },
  DATABASE_TLS: { right: [], wrong: [texts.plain] },
  DATABASE_CA: UNREADABLE_CERTIFICATES,
  CACHE_CA: UNREADABLE_CERTIFICATES,
  CACHE_NAMESPACE: { right: [() => 'orders'], wrong: [texts.odd, texts.huge] },
};

/** Sets the other parts of the database. */
function withParts(site: Site): Site {
  Object.assign(site.env, { DATABASE_HOST: 'db.example', DATABASE_NAME: 'orders', DATABASE_USER: 'app' });
  return site;
}

function twice(text: string): string {
  return `${text},${text}`;
}

/** Stores the text of a setting in one place. */
type Delivery = (site: Site, name: string, text: string) => void;

const byVariable: Delivery = (site, name, text) => (site.env[name] = text);
const byDotenv: Delivery = (site, name, text) => site.dotenv(`${name}=${quoted(text)}`);
const byFile: Delivery = (site, name, text) =>
  (site.env[`${name}_FILE`] = site.file(`${name}.txt`, `${text}\n`));
const byMount: Delivery = (site, name, text) => site.file(name, text, 'secrets');

/** All places where a secret is looked up. */
const DELIVERIES: readonly Delivery[] = [
  byVariable,
  byFile,
  byMount,
  (site, name, text) => site.file(name, `${text}\n`, 'credentials'),
  byDotenv,
  (site, name, text) => site.dotenv(`export ${name}_FILE=${site.file(`${name}.dotenv`, text)}`),
  (site, name, text) => (site.secrets[name] = text),
];

/** Sets a variable for each secret to a value that its rule refuses. */
export function refuseEverySecret(site: Site): void {
  for (const [name, { wrong }] of Object.entries(SECRETS)) {
    byVariable(site, name, wrong[site.seed % wrong.length]!(site));
  }
}

/** Delivery mistakes, independent of the text. */
export const MISHAPS: Readonly<Record<string, Delivery>> = {
  'set twice': (site, name, text) => [byVariable, byMount].forEach((put) => put(site, name, text)),
  'set three times': (site, name, text) => {
    for (const put of [byFile, byMount]) put(site, name, text);
    site.file(name, site.text(), 'credentials');
  },
  'under a near miss of its name': (site, name, text) =>
    (site.env[`${name.slice(0, 2)}${name.slice(3)}`] = text),
  'as the name of a variable': (site, _name, text) => (site.env[text] = text),
  'as the name of a mounted file': (site) => site.file(site.text(), site.text(), 'secrets'),
  'in place of the path of its file': (site, name, text) => (site.env[`${name}_FILE`] = text),
  'in place of the path, as base64 with slashes': (site, name) =>
    (site.env[`${name}_FILE`] = `/${site.text()}/${site.text().slice(0, 20)}/${site.text()}`),
  'in place of the path of the directory': (site, _name, text) => (site.env['SECRETS_DIR'] = text),
  'in a directory': (site, name) => (site.env[`${name}_FILE`] = site.folder),
  'in a FIFO': (site, name) => {
    const path = join(site.folder, `${name}.fifo`);
    execFileSync('mkfifo', [path]);
    site.env[`${name}_FILE`] = path;
  },
  'in a file that is not there': (site, name) => (site.env[`${name}_FILE`] = join(site.folder, 'absent')),
  'in a file that is too large': (site, name) => byFile(site, name, site.text().repeat(2_000)),
  'in a file beside bytes that are no text': (site, name, text) => {
    const content = Buffer.concat([Buffer.from(text), Buffer.of(0xff, 0xfe, 0x80)]);
    site.env[`${name}_FILE`] = site.file(`${name}.txt`, content);
  },
  'in an empty file': (site, name) => byFile(site, name, ' '),
  blank: (site, name) => (site.env[name] = ' \t'),
  'in a line of .env without a name': (site, _name, text) => site.dotenv(text),
  'in a line of .env without =': (site, name, text) => site.dotenv(`${name}: ${text}`),
  'in a line of .env whose quote nothing closes': (site, name, text) => site.dotenv(`${name}=\`${text}`),
  'in a line of .env behind the closing quote': (site, name, text) => site.dotenv(`${name}='a' ${text}`),
  'in a comment of .env': (site, name, text) => site.dotenv(`# ${name}=${text}`),
};

/** Quotes a text for a line of `.env`. */
function quoted(text: string): string {
  return /^[\w+/:@?=.-]+$/.test(text) ? text : `\`${text}\``;
}

type Step = readonly [what: string, put: (site: Site) => void];

function delivered(name: string, { right }: Forms, deliveries: readonly Delivery[]): fc.Arbitrary<Step> {
  return fc
    .tuple(fc.constantFrom(...right), fc.constantFrom(...deliveries))
    .map(([form, put]) => [`${name} is right`, (site) => put(site, name, form(site))]);
}

/** One mistake: a text that its rule refuses, or a delivery mistake. */
function mistaken(name: string, { wrong }: Forms, secret: boolean): fc.Arbitrary<Step> {
  const deliveries = secret ? DELIVERIES : [byVariable, byDotenv];
  const refused = fc
    .tuple(fc.constantFrom(...wrong), fc.constantFrom(...deliveries))
    .map(([form, put]): Step => [`${name} is wrong: ${String(form)}`, (site) => put(site, name, form(site))]);
  const mishap = fc
    .constantFrom(...Object.entries(MISHAPS))
    .map(([what, put]): Step => [`${name} ${what}`, (site) => put(site, name, site.text())]);
  return secret ? fc.oneof(refused, mishap) : refused;
}

// CACHE_URL needs a namespace.
const REQUIRED = ['SECRET_KEY', 'STRIPE_KEY', 'CACHE_NAMESPACE'];

const settings = [
  ...Object.entries(SECRETS).map(([name, forms]) => ({ name, forms, secret: true })),
  ...Object.entries(PUBLIC).map(([name, forms]) => ({ name, forms, secret: false })),
];

type Steps = Readonly<Record<string, Step | undefined>>;

/** Settings that are refused beside each other: the second is left out. */
const ALTERNATIVES = [
  ['DATABASE_URL', 'DATABASE_PASSWORD'],
  ['VAULT_PASSWORD', 'VAULT_PASS'],
] as const;

function withoutConflicts(steps: Steps): Steps {
  const dropped = ALTERNATIVES.filter(([kept]) => steps[kept]).map(([, other]) => [other, undefined]);
  return { ...steps, ...Object.fromEntries(dropped) };
}

/** Valid settings, some of them omitted; each secret has its own delivery. */
const right: fc.Arbitrary<Steps> = fc
  .record(
    Object.fromEntries(
      settings
        .filter(({ forms }) => forms.right.length > 0)
        .map(({ name, forms, secret }) => [
          name,
          delivered(name, forms, secret ? DELIVERIES : [byVariable, byDotenv]),
        ]),
    ),
    { requiredKeys: REQUIRED },
  )
  .map(withoutConflicts);

const slips = fc
  .subarray(settings, { minLength: 1, maxLength: 8 })
  .chain((chosen) =>
    fc.tuple(
      ...chosen.map(({ name, forms, secret }) => fc.tuple(fc.constant(name), mistaken(name, forms, secret))),
    ),
  )
  .map((chosen) => Object.fromEntries(chosen));

const nodeEnv = fc.constantFrom(undefined, undefined, 'staging', 'production', 'development');

/** A recipe for a random environment, so that the same one can be created several times. */
export interface Recipe {
  readonly seed: number;
  readonly steps: readonly string[];
  make(): Site;
}

/**
 * Half of the environments have one to eight mistakes. The values of the others are right, but some are where a start does
 * not look: in a `.env` that production ignores, or where the application would fetch them.
 */
export const environments: fc.Arbitrary<Recipe> = fc
  .record({
    seed: fc.nat(),
    nodeEnv,
    steps: fc.oneof(
      right,
      fc.tuple(right, slips).map(([all, wrong]) => ({ ...all, ...wrong })),
    ),
  })
  .map(({ seed, nodeEnv: name, steps }) => {
    const chosen = Object.values(steps).filter((step) => step !== undefined);
    return {
      seed,
      steps: [`NODE_ENV=${name}`, ...chosen.map(([what]) => what)],
      make: () => {
        const site = new Site(seed);
        if (name !== undefined) site.env['NODE_ENV'] = name;
        for (const [, put] of chosen) put(site);
        return site;
      },
    };
  });
