// The example's packages are devDependencies of this repository. This turns the named ones into dependencies, at their
// locked versions, so that `npm prune --omit=dev` keeps them.
import { readFileSync, writeFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
for (const name of process.argv.slice(2)) {
  const version = manifest.devDependencies[name];
  if (version === undefined) throw new Error(`${name} is no devDependency`);
  (manifest.dependencies ??= {})[name] = version;
  delete manifest.devDependencies[name];
  delete manifest.peerDependencies[name];
}
writeFileSync('package.json', JSON.stringify(manifest, null, 2));
