import { generateSecretKey } from '../../config/strength/secret-key.js';
import { parseEnvFile } from '../../config/sources/env-file.parser.js';
import type { Project } from '../project.js';
import { lineEnding } from '../source-text.js';

const IGNORES_ENV = /^(?:\*\*\/|\/)?(?:\.env\*?|\*\.env)$/;

/**
 * A key for this machine in `.env`, and no `.env` in git. A key that is there stays, and is shown nowhere.
 *
 * @returns whether a key was written
 */
export function addEnvFiles(project: Project): boolean {
  ignoreEnv(project);
  const text = project.exists('.env') ? project.read('.env') : '';
  const file = text === undefined ? undefined : parseEnvFile(text, '.env');
  if (text === undefined || file === undefined || file.problems.length > 0) {
    project.byHand.push(
      '.env cannot be read to its end: give it a SECRET_KEY, from npx nestjs-production-config keygen.',
    );
    return false;
  }
  const { SECRET_KEY, SECRET_KEY_FILE } = file.values;
  if (isSet(SECRET_KEY) || isSet(SECRET_KEY_FILE)) return false;
  project.write('.env', withKey(text, generateSecretKey()));
  return true;
}

/** The key on the line that waits for it, as a copied `.env.example` has one, or else at the end. */
function withKey(text: string, key: string): string {
  const filled = text.replace(/^(SECRET_KEY=)[^\S\r\n]*(?=\r?$)/m, `$1${key}`);
  if (parseEnvFile(filled, '.env').values['SECRET_KEY'] === key) return filled;
  return appended(text, ['# For this machine only: production has a key of its own.', `SECRET_KEY=${key}`]);
}

function ignoreEnv(project: Project): void {
  const text = project.exists('.gitignore') ? project.read('.gitignore') : '';
  if (text === undefined) {
    project.byHand.push(
      '.gitignore is not in UTF-8, which git cannot read: save it in UTF-8, with a line .env, which holds a key.',
    );
    return;
  }
  const about = text.split(/\r?\n/).map((line) => line.trim());
  const ignored = about.findLastIndex((line) => IGNORES_ENV.test(line));
  const shown = about.findLastIndex((line) => line.startsWith('!') && IGNORES_ENV.test(line.slice(1)));
  if (ignored > shown) return;
  project.write('.gitignore', appended(text, ['.env']));
  if (project.exists('.env'))
    project.remarks.push(
      'git ignores .env from now on. Where it has the file already, git rm --cached .env keeps the key out.',
    );
}

function appended(text: string, lines: readonly string[]): string {
  const newline = lineEnding(text);
  const start = text === '' || text.endsWith('\n') ? text : text + newline;
  return `${start}${lines.join(newline)}${newline}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}
