import { generateSecretKey } from '../../config/strength/secret-key.js';
import { parseEnvFile } from '../../config/sources/env-file.parser.js';
import type { Project } from '../project.js';
import { lineEnding } from '../source-text.js';

/** What git must not see, and the patterns that hide it. */
const IGNORED = [
  { path: '.env', pattern: /^(?:\*\*\/|\/)?(?:\.env\*?|\*\.env)$/ },
  { path: 'secrets/', pattern: /^(?:\*\*\/|\/)?secrets(?:\/(?:\*\*?)?)?$/ },
] as const;

/** `nest start --watch` starts the next process without waiting for the end of the old one, which still has the port. */
const DRAIN = ['# No balancer here: a restart needs the port at once.', 'DRAIN_SECONDS=0'];

/**
 * Adds a key for this machine to `.env`, and `.env` and `secrets/` to `.gitignore`. An existing key stays and is not printed.
 * A process of this machine does not drain.
 *
 * @returns whether a key was written
 */
export function addEnvFiles(project: Project): boolean {
  ignoreSecrets(project);
  const text = project.exists('.env') ? project.read('.env') : '';
  const file = text === undefined ? undefined : parseEnvFile(text, '.env');
  if (text === undefined || file === undefined || file.problems.length > 0) {
    project.manualSteps.push(
      '.env cannot be parsed: add a SECRET_KEY, made by npx nestjs-production-config keygen.',
    );
    return false;
  }
  const { SECRET_KEY, SECRET_KEY_FILE, DRAIN_SECONDS } = file.values;
  if (isSet(SECRET_KEY) || isSet(SECRET_KEY_FILE)) return false;
  const filled = withKey(text, generateSecretKey());
  project.write('.env', isSet(DRAIN_SECONDS) ? filled : appendLines(filled, DRAIN));
  return true;
}

/** Puts the key on the blank SECRET_KEY line of a copied `.env.example`, or else at the end. */
function withKey(text: string, key: string): string {
  const filled = text.replace(/^(SECRET_KEY=)[^\S\r\n]*(?=\r?$)/m, `$1${key}`);
  if (parseEnvFile(filled, '.env').values['SECRET_KEY'] === key) return filled;
  return appendLines(text, ['# For this machine only: production needs its own key.', `SECRET_KEY=${key}`]);
}

function ignoreSecrets(project: Project): void {
  const text = project.exists('.gitignore') ? project.read('.gitignore') : '';
  if (text === undefined) {
    project.manualSteps.push(
      '.gitignore is not UTF-8, so git cannot read it: save it as UTF-8 and add the lines .env and secrets/, because they hold keys.',
    );
    return;
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const missing = IGNORED.filter(({ pattern }) => !isIgnored(lines, pattern)).map(({ path }) => path);
  if (missing.length === 0) return;
  project.write('.gitignore', appendLines(text, missing));
  if (missing.includes('.env') && project.exists('.env'))
    project.notes.push(
      'git now ignores .env. If git already tracks the file, run git rm --cached .env to keep the key out.',
    );
}

/** Whether the last line about a path hides it. */
function isIgnored(lines: readonly string[], pattern: RegExp): boolean {
  const ignored = lines.findLastIndex((line) => pattern.test(line));
  return ignored > lines.findLastIndex((line) => line.startsWith('!') && pattern.test(line.slice(1)));
}

function appendLines(text: string, lines: readonly string[]): string {
  const newline = lineEnding(text);
  const start = text === '' || text.endsWith('\n') ? text : text + newline;
  return `${start}${lines.join(newline)}${newline}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}
