import type { Project } from './project.js';

const NEXT = [
  'npm run start:dev                start; SECRET_KEY for this machine is in .env, which git ignores',
  'npx production-config keygen     a key for production: set it there, with NODE_ENV=production',
  'npx production-config check      --config dist/app.config.js: what is wrong with an environment',
  'Tests that start AppModule need a SECRET_KEY in CI too.',
];

/** What is left to do, in the order in which it is done. */
export function nextSteps({ byHand, remarks }: Project): string {
  return [section('By hand', byHand), section('Mind', remarks), section('Next', NEXT)].join('');
}

function section(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return '';
  const lines = entries.map((entry) => `  ${entry.replaceAll('\n', '\n    ')}\n`);
  return `\n${title}\n${lines.join('')}`;
}
