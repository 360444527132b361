import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './support/run.js';

const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const [title, ...sections] = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8').split(/^(?=## )/m);
const headings = sections.map((section) => section.split('\n', 1)[0]);

it('the changelog is machine-readable: releases by version and date, changes by kind', () => {
  expect(title).toMatch(/^# Changelog\n/);
  expect(headings[0]).toBe('## [Unreleased]');
  for (const heading of headings.slice(1)) {
    expect(heading).toMatch(/^## \[\d+\.\d+\.\d+(-[\w.]+)?\] - \d{4}-\d{2}-\d{2}( \[YANKED\])?$/);
  }
  for (const section of sections) {
    const kinds = [...section.matchAll(/^### (.*)$/gm)].map(([, kind = '']) => kind);
    expect(KINDS.filter((kind) => kinds.includes(kind))).toEqual(kinds);
    for (const part of section.split(/^(?=### )/m).slice(1)) expect(part).toMatch(/\n- \S/);
  }
});

it('the newest release in the changelog is the version in the manifest, or all changes are unreleased', () => {
  const dated = headings.slice(1).map((heading) => /\[(.*?)\] - (\S+)/.exec(heading ?? '') ?? []);
  const dates = dated.map(([, , date = '']) => date);
  expect(dates).toEqual(dates.toSorted().toReversed());
  if (dated.length > 0) expect(dated[0]?.[1]).toBe(version);
  else expect(sections[0]).toMatch(/^### Added$/m);
});
