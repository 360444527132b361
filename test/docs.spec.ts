import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ProductionConfig } from 'nestjs-production-config';
import { packageWarningIds } from '../src/checks/warning-ids.js';
import { CONNECTION_WARNING_IDS } from '../src/config/index.js';
import { parseEnvFile } from '../src/config/sources/env-file.parser.js';
import { compiledBlocks } from './support/doc-program.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { brokenLinks, exampleBlocks, markdownPages, targetsOf, type Block } from './support/markdown.js';
import { ROOT, run } from './support/run.js';

const pages = markdownPages();
const blocks = pages.flatMap((page) => page.blocks);
const inLanguage = (...languages: readonly string[]) =>
  blocks.filter(({ language }) => languages.includes(language));

/** The checks of languages other than TypeScript. Each returns the errors in the code. */
const PARSERS: Readonly<Record<string, (code: string) => readonly unknown[]>> = {
  js: (code) => ts.transpileModule(code, { reportDiagnostics: true, fileName: 'block.js' }).diagnostics ?? [],
  json: (code) => thrownBy(() => JSON.parse(code)),
  jsonc: (code) => [ts.parseConfigFileTextToJson('block.json', code).error ?? []].flat(),
  yaml: (code) => parseAllDocuments(code).flatMap(({ errors }) => errors),
  env: (code) => parseEnvFile(code, '.env').problems,
  sh: (code) => thrownBy(() => execFileSync('bash', ['-n'], { input: code, stdio: 'pipe' })),
  console: (code) => PARSERS['sh']!(Array.from(code.matchAll(/^\$ (.*)$/gm), ([, line]) => line).join('\n')),
};

/** Languages without a check here: output, requests, and code that other specs run. */
const SHOWN = ['', 'text', 'http', 'diff', 'dockerfile', 'ini', 'mermaid', 'sql'];

describe('every TypeScript block compiles as in a user project', () => {
  const typescript = [...inLanguage('ts'), ...exampleBlocks()];
  let errorsOf: (block: Block) => readonly string[];

  beforeAll(() => {
    errorsOf = compiledBlocks(typescript);
  });

  it.each(typescript)('$page, line $line', (block) => {
    expect(errorsOf(block)).toEqual([]);
  });
});

describe('every other block is valid in its language', () => {
  it.each(inLanguage(...Object.keys(PARSERS)))('$page, line $line: $language', ({ language, code }) => {
    expect(PARSERS[language]!(code)).toEqual([]);
  });

  it('no block has an unchecked language, or escapes the checks by indentation', () => {
    const known = new Set(['ts', ...Object.keys(PARSERS), ...SHOWN]);
    const unknown = blocks.filter(({ language }) => !known.has(language));
    expect(unknown.map(({ page, line, language }) => `${page}:${line}: ${language}`)).toEqual([]);
    const indented = pages.filter(({ prose }) => /^(?![-*\d ]).*\n\n {4}\S/m.test(prose));
    expect(indented.map(({ path }) => path)).toEqual([]);
  });
});

describe('every documented command exists, with its options', () => {
  const commands = new Set(pages.flatMap(({ text }) => commandsIn(text)));

  it('the pages contain commands', () => {
    expect([...commands].join('\n')).toMatch(/^keygen$/m);
  });

  it.each([...commands])('production-config %s', async (command) => {
    const { code, stderr } = await run('dist/cli/main.js', { args: [...wordsOf(command), '--help'] });
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('each benchmark that a page or a row of figures names has its own file', () => {
    const questions = pages.flatMap(({ text }) => [...named(text), ...rowsOfFigures(text)]);
    expect(questions).toContain('deep-page');
    expect(questions.filter((question) => !existsSync(join(ROOT, `bench/${question}.bench.ts`)))).toEqual([]);
  });
});

it('the Dockerfile for a service is that of the example, without the steps that only this repository needs', () => {
  const shown = inLanguage('dockerfile').find(({ page }) => page === 'docs/deployment.md');
  const needed = readFileSync(join(ROOT, 'example/Dockerfile'), 'utf8')
    .replace(/^# docker build .*\n/, '')
    .replace(' && npx nest build example', '')
    .replace(/^# In this repository.*\nRUN node example\/dependencies[^]*?\n(?=RUN)/m, '')
    .replace(/^COPY .* \.\/\.build\n/m, '')
    .replace('.build/example/', 'dist/');
  // Dependabot renews the digests of the example.
  const withoutDigests = (text?: string) => text?.replaceAll(/@sha256:[\da-f]{64}/g, '');
  expect(withoutDigests(shown?.code)).toBe(withoutDigests(needed));
});

it('the README lists each export of the package', async () => {
  const [, table = ''] = /^## What is in the package\n([\s\S]*?)^## /m.exec(pageOf('README.md')) ?? [];
  const listed = Array.from(table.matchAll(/`@?(\w+)(?:\(\))?`/g), ([, name]) => name!);
  const entries = await Promise.all([
    import('nestjs-production-config'),
    import('nestjs-production-config/operations'),
    import('nestjs-production-config/swagger'),
    import('nestjs-production-config/testing'),
  ]);
  expect(listed).toEqual(expect.arrayContaining(entries.flatMap((entry) => Object.keys(entry))));
});

describe('docs/settings.md', () => {
  const sections = Array.from(
    pageOf('docs/settings.md').matchAll(/^### (\w+)\n([\s\S]*?)(?=^##|(?![\s\S]))/gm),
    ([, name = '', text = '']) => {
      const item = (label: string) =>
        new RegExp(`^- ${label}: ((?:.|\\n(?! *\\n|- ))+)`, 'm')
          .exec(text)?.[1]
          ?.replaceAll(/\s+/g, ' ')
          .trim() ?? '';
      return { name, standard: item('Default'), example: item('Example').replaceAll('`', '') };
    },
  );
  const defaults = ProductionConfig.load({ SECRET_KEY });

  it('describes exactly the settings of ProductionConfig', () => {
    const settings = defaults.explain().map(({ name }) => name);
    expect(sections.map(({ name }) => name).toSorted()).toEqual(settings.toSorted());
  });

  it.each(sections)('states the default of $name', ({ name, standard }) => {
    const value = defaults[name as keyof ProductionConfig] as string | number | boolean | undefined;
    const texts: Readonly<Record<string, string>> = {
      DEBUG: 'off',
      SECRET_KEY: 'none: it is required',
      SECRET_KEY_FALLBACKS: 'none',
      MAX_PAGE_SIZE: '`PAGE_SIZE`',
      SHUTDOWN_SECONDS: '`DRAIN_SECONDS` + 20',
    };
    const expected = texts[name] ?? (value === undefined ? 'unset' : String(value));
    expect(standard.replace(/^`(\w+)`$/, texts[name] === undefined ? '$1' : '$&')).toMatch(
      new RegExp(`^${expected.replaceAll(/[+]/g, '\\$&')}(?:$|[,;: ])`),
    );
  });

  it('has examples that are accepted', () => {
    const examples = new Map(sections.map(({ name, example }) => [name, example]));
    for (const [name, example] of examples) expect(example).toMatch(new RegExp(`^${name}(?:_FILE)?=.`));
    const environment = Object.fromEntries(
      [...examples.values()]
        .filter((example) => !/^\w+_FILE=/.test(example))
        .map((example) => {
          const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(example)!;
          const keys = name === 'SECRET_KEY' ? [SECRET_KEY] : OTHER_KEYS;
          return [name, value.split('<key>').reduce((text, part, index) => text + keys[index - 1] + part)];
        }),
    );
    const { DATABASE_URL, ...parts } = environment;
    expect(ProductionConfig.load(parts).DATABASE_HOST).toBe('db.internal');
    expect(ProductionConfig.load({ SECRET_KEY, DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
  });
});

describe('docs/checklist.md', () => {
  const page = pages.find(({ path }) => path === 'docs/checklist.md')!;
  const items = Array.from(page.prose.matchAll(/^- \[ \] ((?:.|\n {2})+)/gm), ([, text = '']) =>
    text.replaceAll(/\s+/g, ' '),
  );
  const idOf = (item: string) => /Check(?: with `--connect`)?: `([\w-]+)`\.$/.exec(item)?.[1];
  const ids = items.flatMap((item) => idOf(item) ?? []);

  it('has one item for each warning of the package, and for nothing else', () => {
    expect(ids.toSorted()).toEqual([...packageWarningIds()].toSorted());
  });

  it('names --connect where only that finds it', () => {
    const connected = items.flatMap((item) =>
      item.includes('Check with `--connect`') ? [String(idOf(item))] : [],
    );
    expect(connected.toSorted()).toEqual([...CONNECTION_WARNING_IDS].toSorted());
  });

  it.each(items)('says what verifies it, and has the id as its anchor: %s', (item) => {
    const id = idOf(item);
    const anchors = Array.from(item.matchAll(/<a id="([^"]*)">/g), ([, anchor]) => anchor);
    expect(anchors).toEqual(id === undefined ? [] : [id]);
    if (id === undefined) expect(item).toMatch(/ At the start: refused\.| By hand: .*(?:`[^`]+`|\]\()/);
  });
});

it("every row of the README's figures is also in docs/measured.md", () => {
  const rows = (text: string) => text.match(/^\| `[a-z-]+` \|.*\|.*\|.*\|$/gm) ?? [];
  const repeated = rows(pageOf('README.md'));
  expect(repeated).not.toEqual([]);
  expect(rows(pageOf('docs/measured.md'))).toEqual(expect.arrayContaining(repeated));
});

describe('every page is linked, and every link is valid', () => {
  it.each(pages)('$path', (page) => {
    expect(brokenLinks(page, pages)).toEqual([]);
  });

  it('the index of docs/ lists each of its pages', () => {
    const index = pages.find(({ path }) => path === 'docs/README.md')!;
    const inDocs = pages
      .map(({ path }) => path)
      .filter((path) => path.startsWith('docs/') && path !== index.path);
    expect(targetsOf(index).map((target) => `docs/${target}`)).toEqual(expect.arrayContaining(inDocs));
  });
});

const pageOf = (name: string) => pages.find(({ path }) => path === name)!.text;

const named = (text: string) =>
  Array.from(text.matchAll(/npm run\s+bench\s+--\s+([a-z-]+)/g), ([, question = '']) => question);

/** The first column of the tables whose header is the benchmark command. */
function rowsOfFigures(text: string): string[] {
  const tables = text.matchAll(/^\| `npm run bench --` .*\n.*\n((?:\|.*\n)+)/gm);
  return Array.from(tables, ([, rows = '']) => rows.trimEnd().split('\n')).flatMap((rows) =>
    rows.map((row) => /^\| `([a-z-]+)` /.exec(row)?.[1] ?? row),
  );
}

function thrownBy(action: () => unknown): unknown[] {
  try {
    action();
    return [];
  } catch (error) {
    return [error];
  }
}

const WORD = /(?:'[^']*'|[^\s'"`|<>#;&)])+/;

/** The arguments after the command's name, in code and in prose. */
function commandsIn(text: string): string[] {
  const command = new RegExp(
    String.raw`(?:npx (?:nestjs-)?production-config|\`production-config|\bdist/cli/main\.js)((?: +${WORD.source})+)`,
    'g',
  );
  const onOneLine = text.replaceAll(/ *\\\n\s*/g, ' ');
  return Array.from(onOneLine.matchAll(command), ([, words = '']) => words.trim()).filter(
    (words) => words !== '…',
  );
}

function wordsOf(command: string): string[] {
  return Array.from(command.matchAll(new RegExp(WORD, 'g')), ([word]) => word.replaceAll("'", ''));
}
