import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { NestFactory } from '@nestjs/core';
import fc from 'fast-check';
import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import {
  ConfigGroup,
  Env,
  Group,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
} from 'nestjs-production-config';
import { inspectConfig } from '../src/config/load/config.inspection.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { useOwnFolders } from './support/own-folder.js';
import { reportOf } from './support/report.js';

useOwnFolders();

class MailConfig extends ConfigGroup {
  @Env(Joi.string().optional())
  readonly from?: string;

  @Secret(Joi.string().optional())
  readonly password?: string;
}

class AppConfig extends ProductionConfig {
  @Group(MailConfig)
  readonly mail!: MailConfig;

  @Env(Joi.string().optional(), { alias: ['AREA'] })
  readonly REGION?: string;

  @Env(Joi.string().allow('').optional())
  readonly FOOTER?: string;

  @Secret(Joi.string().optional(), { alias: ['API_TOKEN'] })
  readonly TOKEN?: string;
}

type Variables = Readonly<Record<string, string>>;
type Files = readonly string[];

/** Writes the texts as files, the first one first, and reads them with `expand: true`. */
function read(texts: Files, env: Variables = {}) {
  const envFile = texts.map((text, index) => {
    writeFileSync(`${index}.env`, text);
    return `${index}.env`;
  });
  return inspectConfig(AppConfig, { env: { SECRET_KEY, ...env }, envFile, expand: true });
}

const REGION = (value: string) => `REGION=${value}\n`;
const regionOf = (texts: Files, env?: Variables) => {
  const { problems, values, warnings } = read(texts, env);
  expect([problems, warnings.filter(({ id }) => id === 'stray-text')]).toEqual([[], []]);
  return values['REGION'];
};
/** The problem of REGION, in one line. */
const faultOf = (texts: Files, env?: Variables) => {
  const { problems } = read(texts, env);
  return problems.map(({ name, message }) => `${name} ${message}`).join('\n');
};

describe('with expand, a reference in a .env file', () => {
  it.each<[string, Files, Variables, string]>([
    ['stands for a variable of the file', ['A=eu\nREGION=${A}-1\n'], {}, 'eu-1'],
    ['may come before its variable', ['REGION=${A}-1\nA=eu\n'], {}, 'eu-1'],
    ['prefers the real environment', ['A=eu\nREGION=${A}-1\n'], { A: 'us' }, 'us-1'],
    ['passes over a blank in the real environment', ['A=eu\nREGION=${A}-1\n'], { A: ' ' }, 'eu-1'],
    ['prefers the first file', ['A=local\n', 'A=eu\nREGION=${A}-1\n'], {}, 'local-1'],
    ['passes over a blank of the first file', ['A=\n', 'A=eu\nREGION=${A}-1\n'], {}, 'eu-1'],
    ['finds variables of later files', ['REGION=${A}-1\n', 'A=eu\n'], {}, 'eu-1'],
    ['may lead to further references', ['REGION=${A}\nA=${B}-${C}\nB=eu\nC=${B}'], {}, 'eu-eu'],
    ['may be in double quotes, backticks and several lines', ['A=e\nREGION="${A}\n${A}"'], {}, 'e\ne'],
    ['may be in backticks', ['A=eu\nREGION=`${A}-1`'], {}, 'eu-1'],
    ['has a default', [REGION('${A:-eu}-1')], {}, 'eu-1'],
    ['has a default for a blank', ['A=\nREGION=${A:-eu}'], {}, 'eu'],
    ['may have an empty default', [REGION('eu${A:-}')], {}, 'eu'],
    ['has a default that stays as it is', [REGION('${A:- a:$b-\\c }.')], {}, ' a:$b-\\c .'],
    ['does without the default if there is a value', ['A=us\nREGION=${A:-eu}'], {}, 'us'],
    ['may repeat', ['A=x\nREGION=${A}${A}${A}'], {}, 'xxx'],
    ['reads a file with CRLF and a byte order mark', ['\uFEFFA=eu\r\nREGION=${A}-1\r\n'], {}, 'eu-1'],
    ['to its own variable stands for the value below', ['REGION=${REGION}-b', 'REGION=a'], {}, 'a-b'],
    ['to its own variable stands for its default', [REGION('${REGION:-eu}')], {}, 'eu'],
    ['of an alias is replaced, too', ['A=eu\nAREA=${A}'], {}, 'eu'],
    ['with a default is no circle if the value exists', ['A=${REGION:-x}\nREGION=eu${B:-}'], {}, 'eu'],
  ])('%s', (_promise, texts, env, value) => {
    expect(regionOf(texts, env)).toBe(value);
  });

  it.each([
    ["'${A}'", '${A}'],
    ['\\${A}', '${A}'],
    ['"\\${A}-${A}"', '${A}-eu'],
    ['\\${A:-${A}}', '${A:-eu}'],
    ['$A', '$A'],
    ['pa$$word', 'pa$$word'],
    ['a\\$b', 'a\\$b'],
    ['$(A)', '$(A)'],
    ['${', '${'],
    ['${!}', '${!}'],
    ['x${}', 'x${}'],
    ['"$&$1${A}"', '$&$1eu'],
  ])('is not in %s', (value, text) => {
    expect(regionOf([`A=eu\n${REGION(value)}`])).toBe(text);
  });

  it('inserts values of the environment as they are', () => {
    expect(regionOf([REGION('<${A}>')], { A: '${B} $& \\${B} $1', B: 'x' })).toBe('<${B} $& \\${B} $1>');
    expect(read([''], { REGION: 'eu-${A}', A: 'x' }).values['REGION']).toBe('eu-${A}');
  });

  it('is ignored in NODE_ENV, which causes the same warning as without a reference', () => {
    const { problems, warnings } = read(['NODE_ENV=${APP_ENV:-dev}\nREGION=eu', 'NODE_ENV=${A}\n']);
    expect(problems).toEqual([]);
    expect(warnings.map(({ id }) => id).slice(0, 2)).toEqual(['dotenv-node-env', 'dotenv-node-env']);
  });

  it('is read once from a file that is named by two paths', () => {
    writeFileSync('a', 'REGION=x${REGION:-}\n');
    const envFile = ['a', './a', join(process.cwd(), 'a')];
    const { values } = inspectConfig(AppConfig, { env: { SECRET_KEY }, envFile, expand: true });
    expect(values['REGION']).toBe('x');
  });

  it('reads its variable, whose name is thus no typo of a setting', () => {
    const nearMisses = (text: string) =>
      read([text]).warnings.flatMap(({ id, name }) => (id === 'near-miss' ? [name] : []));
    expect(nearMisses('FOOTERS=x\nREGION=${FOOTERS}')).toEqual([]);
    expect(nearMisses('FOOTERS=x\nA=${FOOTERS}\nREGION=${A:-eu}')).toEqual([]);
    expect(nearMisses('FOOTERS=x\nREGION=eu\nA=${FOOTERS}')).toEqual(['FOOTERS']);
  });

  it('inserts a value of the environment with what tools left in it, which is reported', () => {
    const token = (text: string, A: string) => read([`TOKEN=${text}`], { A }).problems;
    for (const [text, A, message] of [
      ['${A}', '"k7Qp2vX9"', 'is enclosed in quotes'],
      ['${A}', 'k7Qp2vX9\r', 'ends in a carriage return, as a line of a Windows file does'],
      ['k-${A}', 'k7${OTHER}2vX9', 'refers to a variable or value that was not substituted'],
      ['${A:-x}', 'k7Qp2vX9 # ours', 'ends in a comment'],
      ['${B}\nB=${A}', ' k7Qp2vX9', 'begins or ends with white space'],
    ] as const) {
      expect(token(text, A)).toMatchObject([{ name: 'TOKEN', message }]);
    }
    expect(token('"#k ${B}"\nB=\'"q"\'', 'x')).toEqual([]);
    const { problems, warnings } = read(['REGION=${A}'], { A: "'eu'" });
    expect(problems).toEqual([]);
    expect(warnings).toContainEqual(expect.objectContaining({ id: 'stray-text', name: 'REGION' }));
  });

  it('is not replaced in single-quoted values of other variables', () => {
    expect(regionOf(["A='${B}'\nB=x\nREGION=${A}"])).toBe('${B}');
  });

  it('is replaced in the path of X_FILE, but not in the file', () => {
    mkdirSync('run');
    writeFileSync('run/token', 'k7${DIR}2vX9');
    const { problems, values, origins } = read(['DIR=run\nTOKEN_FILE=./${DIR}/token\n']);
    // A mounted secret with a reference is refused, as without expand.
    expect(problems).toMatchObject([{ name: 'TOKEN', origin: 'TOKEN_FILE' }]);
    writeFileSync('run/token', 'k7Qp2vX9');
    expect(read(['DIR=run\nTOKEN_FILE=./${DIR}/token\n']).values['TOKEN']).toBe('k7Qp2vX9');
    expect([values['TOKEN'], origins.get('TOKEN')]).toEqual(['k7${DIR}2vX9', 'TOKEN_FILE']);
    expect(faultOf(['TOKEN_FILE=./${DIR}/token\n'])).toBe(
      'TOKEN refers to a variable that is not set (line 1 of 0.env)',
    );
  });

  it('makes a value blank, and thus unset, only by an empty default', () => {
    expect(read(['REGION=${A:-}\n', 'REGION=eu\n']).values['REGION']).toBe('eu');
    expect(read(['PORT=${A:-}\n']).values['PORT']).toBe(3000);
    expect(read(['FOOTER=${A:-}\n', 'FOOTER=x\n']).values['FOOTER']).toBe('');
    expect(read(['PORT=1\n', 'FOOTER=x\n']).values['FOOTER']).toBe('x');
  });

  it('stands for NODE_ENV of the real environment only', () => {
    expect(regionOf(['NODE_ENV=x\nREGION=${NODE_ENV}'], { NODE_ENV: 'staging' })).toBe('staging');
    expect(faultOf(['NODE_ENV=x\nREGION=${NODE_ENV}'])).toContain('that is not set');
  });

  it('is replaced for groups, picked settings, modules and loadOrExit()', async () => {
    writeFileSync(
      '.env',
      `DOMAIN=shop.example\nMAIL_FROM=info@\${DOMAIN}\nKEY=${SECRET_KEY}\nSECRET_KEY=\${KEY}\n`,
    );
    const options = { envFile: '.env', expand: true };
    const config = AppConfig.load({}, options);
    expect([config.mail.from, config.SECRET_KEY]).toEqual(['info@shop.example', SECRET_KEY]);
    expect(config.explain()).toContainEqual(
      expect.objectContaining({ name: 'MAIL_FROM', origin: '.env', value: 'info@shop.example' }),
    );
    expect(AppConfig.pick('mail').load({}, options).mail.from).toBe('info@shop.example');
    expect(AppConfig.loadOrExit({}, options).mail.from).toBe('info@shop.example');
    const module = ProductionConfigModule.forRoot({ config: AppConfig, env: {}, ...options });
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    expect(app.get(AppConfig).mail.from).toBe('info@shop.example');
    await app.close();
  });
});

describe('a reference that cannot be replaced is a problem', () => {
  const UNSET = 'REGION refers to a variable that is not set (line 1 of 0.env)';
  it.each<[string, Files, string]>([
    ['no source has the variable', [REGION('eu-${A}')], UNSET],
    ['the variable is blank everywhere', ['REGION=${A}\nA=\n', 'A=" "'], UNSET],
    ['it is a name of every object', [REGION('${constructor}')], UNSET],
    ['it is a name of every object, in a file', [REGION('${__proto__}')], UNSET],
    ['the variable refers to an unset one', ['\n\nA=${B}\nREGION=${A}'], UNSET.replace('line 1', 'line 3')],
    ['another file does', ['REGION=${A}', '#\nA=x${B}'], UNSET.replace('line 1 of 0', 'line 2 of 1')],
    ['it is in an alias', ['AREA=${A}'], UNSET],
    ['it refers to itself', [REGION('${REGION}')], UNSET],
    [
      'it is in a circle',
      ['A=${REGION}\nREGION=${A}'],
      'REGION has references that form a cycle (line 2 of 0.env)',
    ],
    [
      'it leads into a circle',
      ['A=${B}\nB=${A:-x}\nREGION=${A}'],
      'REGION has references that form a cycle (line 1 of 0.env)',
    ],
    ...['${A-b}', '${A:+b}', '${A:?b}', '${A', '${A:-${B}}', '${A:-{}}', '${A.B}', '${A B}', '${A:=b}'].map(
      (value): [string, Files, string] => [
        `it is ${value}`,
        [`A=eu\nB=eu\n${REGION(`"${value}"`)}`],
        'REGION has a reference that is neither ${NAME} nor ${NAME:-default} (line 3 of 0.env)',
      ],
    ),
  ])('if %s', (_when, texts, problem) => {
    expect(faultOf(texts)).toBe(problem);
  });

  it('with file, line and fix, and without the text', () => {
    writeFileSync('.env', 'TOKEN=canary${canary}canary\nREGION=canary${canary-canary}\n');
    const report = reportOf(() => AppConfig.load({ SECRET_KEY }, { envFile: '.env', expand: true }));
    expect(report).toMatch(
      /TOKEN +refers to a variable that is not set \(line 1 of \.env\) +from \.env\n +-> set it, or write a default/,
    );
    expect(report).toContain('; if it is meant literally, write \\${ or use single quotes');
    expect(report).not.toContain('canary');
  });

  it('only if the value is used: another source may take precedence', () => {
    expect(regionOf(['REGION=${A}\nB=${C}'], { REGION: 'eu' })).toBe('eu');
    expect(regionOf(['REGION=eu', 'REGION=${A}'])).toBe('eu');
    expect(faultOf(['REGION=${A}', 'REGION=eu'])).toBe(UNSET);
  });

  it('once, also under two names and beside a mounted file', () => {
    expect(faultOf(['REGION=${A}\nAREA=${A}'])).toBe(UNSET);
    expect(faultOf(['REGION=${A}\nAREA=${B}'])).toContain('is set twice');
  });

  it('if it makes a value endless or large, without taking long', () => {
    const doubled = Array.from({ length: 60 }, (_, index) => `A${index}=\${A${index + 1}}\${A${index + 1}}`);
    expect(faultOf([`REGION=\${A0}\n${doubled.join('\n')}\nA60=x`])).toMatch(/^REGION is longer than 1 MiB/);
    const chain = Array.from({ length: 40_000 }, (_, index) => `A${index}=\${A${index + 1}}`);
    expect(faultOf([`REGION=\${A0}\n${chain.join('\n')}\nA40000=x`])).toMatch(
      /^REGION follows more than 100 references \(line 102 of 0\.env\)/,
    );
    const long = 'x'.repeat(2 ** 20);
    const names = '${AB:-}'.repeat(50);
    expect(regionOf([`A=${long.slice(6)}`, `REGION=${names}x\${A}\n`])).toHaveLength(2 ** 20 - 5);
    expect(faultOf([`A=${long.slice(6)}`, `REGION=\${A}123456789\n`])).toMatch(
      /^REGION is longer than 1 MiB/,
    );
    const wide = `REGION="${'${B}'.repeat(100_000)}"\nB=${'x'.repeat(500_000)}`;
    expect(faultOf([wide])).toMatch(/^REGION is longer than 1 MiB/);
    expect(faultOf([`REGION="${'${a:-'.repeat(150_000)}"`])).toMatch(/^REGION has a reference/);
  });

  it('if a setting that is not a secret refers to a secret, under any name or through others', () => {
    const secret = 'REGION refers to a secret but is not declared as one';
    for (const texts of [
      ['TOKEN=canary7\nREGION=x-${TOKEN}'],
      ['API_TOKEN=canary7\nREGION=x-${API_TOKEN}'],
      ['TOKEN=canary7\nA=${TOKEN}\nREGION=${A}'],
      ['REGION=${MAIL_PASSWORD}', 'MAIL_PASSWORD=canary7'],
      ['REGION=${TOKEN:-none}'],
      ['A=canary7\nTOKEN=${A}\nREGION=x-${A}'],
      ['A=canary7\nAPI_TOKEN=${B:-x}\nB=${A}\nREGION=x-${A}'],
      ['REGION=x-${A}', 'A=canary7', 'MAIL_PASSWORD="${A}"'],
    ]) {
      expect(faultOf(texts)).toBe(secret);
      expect(inspect(read(texts).problems)).not.toContain('canary7');
    }
    expect(faultOf(['REGION=x-${TOKEN}'], { TOKEN: 'canary7' })).toBe(secret);
    writeFileSync('.env', 'TOKEN=canary7\nREGION=x-${TOKEN}\n');
    // Also if only the setting is picked, and the secret is not read.
    const picked = AppConfig.pick('REGION');
    expect(reportOf(() => picked.load({}, { envFile: '.env', expand: true }))).toContain(secret.slice(7));
  });
});

describe('a path in X_FILE must not refer to a secret, because it is shown', () => {
  it.each([
    ['TOKEN_FILE=./run/${MAIL_PASSWORD}\nMAIL_PASSWORD=canary7', 'TOKEN', 'TOKEN_FILE'],
    ['TOKEN_FILE=${A}\nA=./run/${API_TOKEN:-none}', 'TOKEN', 'TOKEN_FILE'],
    ['API_TOKEN_FILE=./run/${B}\nMAIL_PASSWORD=${B}\nB=canary7', 'TOKEN', 'API_TOKEN_FILE'],
    ['CACHE_CA_FILE=./run/${MAIL_PASSWORD}/ca.pem\nMAIL_PASSWORD=canary7', 'CACHE_CA', 'CACHE_CA_FILE'],
  ])('%s', (text, name, origin) => {
    mkdirSync('run');
    const { problems } = read([text]);
    const message = 'refers to a secret in a path, and paths are shown';
    expect(problems).toEqual([{ name, code: 'invalid', message, fix: 'write the path out', origin }]);
  });
});

describe('a secret that a reference inserts stays secret', () => {
  const key = OTHER_KEYS[0];

  it('in a secret, in a value that only contains it, and in the report', () => {
    // PART is not declared, so nothing says that it is a secret; but it equals one.
    writeFileSync('.env', `PART=${key}\nTOKEN=${key}\nREGION=x-\${PART}\nMAIL_PASSWORD=p-\${PART}\n`);
    const options = { envFile: '.env', expand: true };
    const config = AppConfig.load({ SECRET_KEY }, options);
    expect([config.TOKEN, config.REGION, config.mail.password]).toEqual([key, `x-${key}`, `p-${key}`]);
    const shown = [
      inspect(config, { depth: 9 }),
      JSON.stringify(config),
      JSON.stringify({ ...config }),
      JSON.stringify(config.explain()),
      reportOf(() => AppConfig.load({ SECRET_KEY, PORT: 'x' }, options)),
    ];
    for (const text of shown) expect(text).not.toContain(key);
    expect(config.explain().find(({ name }) => name === 'REGION')).toMatchObject({ value: 'x-[redacted]' });
  });
});

it('without expand, a reference stays, and the report says how to replace it', () => {
  writeFileSync('.env', 'A=eu\nREGION=${A}-1\n');
  const { values, warnings } = inspectConfig(AppConfig, { env: { SECRET_KEY }, envFile: '.env' });
  expect(values['REGION']).toBe('${A}-1');
  expect(warnings).toContainEqual({
    id: 'stray-text',
    name: 'REGION',
    message: 'refers to another variable in line 2, which is not replaced',
    fix: 'pass expand: true, write the value out, or put it in single quotes if it is meant literally',
  });
});

it('any text in any files is read without an exception, within a bounded time, and never quoted', () => {
  const part = fc.constantFrom(
    '${',
    '}',
    ':-',
    'A',
    'B',
    'REGION',
    '\\',
    '$',
    '${A}',
    '${B:-x}',
    '"',
    "'",
    '\n',
    'canary',
  );
  const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, text, (a, b, region) => {
      const { problems } = read([`A=${a}\nREGION=${region}\n`, `B=${b}\nA=${region}\n`]);
      expect(JSON.stringify(problems)).not.toContain('canary');
    }),
    { numRuns: 500 },
  );
});
