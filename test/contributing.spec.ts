import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './support/run.js';

const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
const sources = join(ROOT, 'src');

const filesUnder = (directory: string) =>
  readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );

describe('CONTRIBUTING.md', () => {
  it('names files of src/ that exist', () => {
    const named = Array.from(text.matchAll(/`(?:src\/)?((?:[\w-]+\/)+[\w.-]+\.ts)`/g), ([, path]) => path!);
    expect(named.length).toBeGreaterThan(15);
    expect(
      named.filter((path) => ![sources, ROOT].some((directory) => existsSync(join(directory, path)))),
    ).toEqual([]);
  });

  it('has a line for every room of src/, src/config/ and src/cache/', () => {
    const rooms = (directory: string) =>
      readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of rooms(sources)) expect(text).toContain(`src/${name}/`);
    for (const { name } of ['config', 'cache'].flatMap((room) => rooms(join(sources, room))))
      expect(text).toMatch(new RegExp(`^  ${name}/ `, 'm'));
  });

  it('says that nothing is mocked, and no test replaces a module', () => {
    const specs = filesUnder('test').filter((name) => name !== 'contributing.spec.ts');
    const mocking = specs.filter((name) =>
      readFileSync(join(ROOT, 'test', name), 'utf8').includes('vi.mock('),
    );
    expect(mocking).toEqual([]);
  });
});
