import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LINES, NODES, TYPESCRIPTS } from './compat/lines.mjs';
import { ROOT } from './support/run.js';

interface Job {
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps: readonly {
    readonly run?: string;
    readonly with?: Readonly<Record<string, string>>;
  }[];
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { jobs } = parse(read('.github/workflows/ci.yml'), { strict: true }) as {
  readonly jobs: Readonly<Record<'guard' | 'specs' | 'compatibility', Job>>;
};
const { scripts } = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const steps = Object.values(jobs).flatMap(({ steps: all }) => all);
const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

/** What Dependabot proposes new versions of. */
function renewed(): readonly string[] {
  const { updates } = parse(read('.github/dependabot.yml'), { strict: true }) as {
    readonly updates: readonly { readonly 'package-ecosystem': string; readonly directory: string }[];
  };
  return updates.map((update) => `${update['package-ecosystem']} in ${update.directory}`);
}

it.each([
  ['example/Dockerfile', /(?<=^FROM )\S+/gm, 'docker in /example'],
  ['docker-compose.yml', /(?<=^ +image: )\S+/gm, 'docker-compose in /'],
])('%s pins each image to a digest, which Dependabot renews', (path, images, renewal) => {
  const named = read(path).match(images) ?? [];
  expect(named.length).toBeGreaterThan(1);
  for (const image of named) expect(image).toMatch(/^\w+:[\w.-]+@sha256:[\da-f]{64}$/);
  expect(renewed()).toContain(renewal);
});

describe('the workflow', () => {
  it.each(commands)('runs only existing commands: %s', (command) => {
    const [, script] = /^npm run (\S+)/.exec(command) ?? [];
    if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    else if (command !== 'npm ci') accessSync(join(ROOT, command.split(' ')[0]!), constants.X_OK);
  });

  it('pins each action to a commit, which Dependabot renews', () => {
    const actions = read('.github/workflows/ci.yml').match(/(?<=uses: ).*/g) ?? [];
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatch(/^actions\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
    expect(renewed()).toContain('github-actions in /');
  });

  it('covers the versions in the README', () => {
    const promised = (what: string) =>
      new RegExp(`^\\| ${what} \\| (.*) \\|$`, 'm').exec(read('README.md'))![1];
    const named = (text = '') => text.match(/\d+(\.\d+)?(?= |,|$)/g) ?? [];
    expect(named(promised('TypeScript'))).toEqual(TYPESCRIPTS.map((version) => version.replace('.0', '')));
    expect(named(promised('NestJS')).toSorted()).toEqual([...new Set(LINES.map(({ nest }) => nest))]);
    for (const node of NODES) expect(promised('Node')).toMatch(new RegExp(`\\b${node}`));
  });

  it('runs the specs on every supported Node, and tests every supported major of Nest', () => {
    const nodes = [jobs.guard, jobs.specs].flatMap(({ steps: all, strategy }) => [
      ...(strategy?.matrix['node'] ?? all.flatMap((step) => step.with?.['node-version'] ?? [])),
    ]);
    expect(nodes).toEqual(NODES);
    expect(jobs.compatibility.strategy!.matrix['nest']).toEqual([...new Set(LINES.map(({ nest }) => nest))]);
  });
});

it('the check of main runs only existing scripts', () => {
  const ofSteps = Array.from(
    read('.ci/run').matchAll(/^ *(?:\w+=\w+ )?step npm run ([\w:-]+)/gm),
    ([, script]) => script,
  );
  const together = Array.from(read('.ci/run').matchAll(/^ *together ([^>\n]*)/gm), ([, list]) =>
    Array.from(list!.matchAll(/'?([a-z][\w:-]*)(?: [^']*')?/g), ([, script]) => script),
  );
  const named = [...ofSteps, ...together.flat()];
  expect(named).toEqual(
    expect.arrayContaining(['check:package', 'lint', 'typecheck:native', 'test:compat', 'test:jest']),
  );
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});
