import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as library from 'nestjs-production-config';
import { ROOT } from './support/run.js';

const { ProductionConfigError, PageRequestError } = library;
const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
const union = readFileSync(join(ROOT, 'src/common/production-config.error.ts'), 'utf8');
const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.c?ts$/.test(name))
  .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
  .join('\n');

// Codes of Node.js, and one that the cache counts and never throws.
const OTHERS = new Set([
  'ERR_CACHE_VALUE',
  'ERR_MODULE_NOT_FOUND',
  'ERR_REQUIRE_ESM',
  'ERR_UNKNOWN_FILE_EXTENSION',
]);

const codesIn = (text: string, pattern: RegExp) =>
  [...new Set(Array.from(text.matchAll(pattern), ([, code]) => code!))].toSorted();
const codes = codesIn(union, /'(ERR_[A-Z_]+)'/g);

describe('error codes', () => {
  it('are all in the union that the package exports', () => {
    const used = codesIn(sources, /'(ERR_[A-Z_]+)'/g).filter((code) => !OTHERS.has(code));
    expect(used).toEqual(codes);
  });

  it('are each listed once in the documentation', () => {
    expect(Array.from(page.matchAll(/^\| `(ERR_[A-Z_]+)` \|/gm), ([, code]) => code!).toSorted()).toEqual(
      codes,
    );
  });
});

describe('the exported error classes', () => {
  const classes = Object.entries(library).filter(([name]) => name.endsWith('Error'));

  it('extend ProductionConfigError, except PageRequestError, which is an HTTP exception', () => {
    const others = classes.filter(
      ([, type]) =>
        !(type === ProductionConfigError || (type as Function).prototype instanceof ProductionConfigError),
    );
    expect(others.map(([, type]) => type)).toEqual([PageRequestError]);
  });

  it('are listed in the documentation', () => {
    const named = classes.map(([name]) => name).filter((name) => name !== 'ProductionConfigError');
    expect(named.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
