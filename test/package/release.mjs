// Refuses to publish a version without a changelog entry, or with uncommitted changes.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const [newest] = [...changelog.matchAll(/^## \[(\d[^\]]*)\] - \d{4}-\d{2}-\d{2}$/gm)].map(
  (match) => match[1],
);
const changes = execFileSync('git', ['status', '--porcelain'], { encoding: 'utf8' });

const refusals = [
  newest !== version &&
    `CHANGELOG.md has ${newest ?? 'no release'} at the top, package.json ${version}: name Unreleased "## [${version}] - <today>"`,
  changes !== '' && `the working tree is not clean: commit or stash\n${changes.trimEnd()}`,
].filter(Boolean);

for (const refusal of refusals) process.stderr.write(`not released: ${refusal}\n`);
if (refusals.length > 0) process.exitCode = 1;
