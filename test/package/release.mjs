// Refuses to publish a version without a changelog entry, with uncommitted changes, or with provenance of no repository.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const [newest] = [...changelog.matchAll(/^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/gm)].map(
  (match) => match[1],
);
const changes = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' });

const refusals = [
  newest !== version &&
    `CHANGELOG.md has ${newest ?? 'no release'} at the top, package.json ${version}: name Unreleased "## [${version}] - <today>"`,
  changes !== '' && `the working tree is not clean: commit or stash\n${changes.trimEnd()}`,
  process.env.npm_config_provenance === 'true' &&
    repository === undefined &&
    'npm proves where a package was built only if package.json names its `repository`: set it, or leave out --provenance',
].filter(Boolean);

for (const refusal of refusals) process.stderr.write(`not released: ${refusal}\n`);
if (refusals.length > 0) process.exitCode = 1;
