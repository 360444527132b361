import type { Project } from './project.js';

const CHECK = 'npx production-config check --config dist/app.config.js';

const NEXT = [
  `${'npm run start:dev'.padEnd(CHECK.length)}  starts with the SECRET_KEY in .env, which is for this machine`,
  `${'npx nestjs-production-config keygen'.padEnd(CHECK.length)}  makes the one for production`,
  `${CHECK}  says what is wrong with an environment`,
  'Tests that start the root module read .env too: give CI a SECRET_KEY.',
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
