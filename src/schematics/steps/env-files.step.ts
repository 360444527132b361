import { generateSecretKey } from '../../config/strength/secret-key.js';
import { parseEnvFile } from '../../config/sources/env-file.parser.js';
import type { Project } from '../project.js';
import { lineEnding } from '../source-text.js';

const IGNORES_ENV = /^(?:\*\*\/|\/)?(?:\.env\*?|\*\.env)$/;

/**
 * Adds a key for this machine to `.env`, and `.env` to `.gitignore`. An existing key stays and is not printed.
 *
 * @returns whether a key was written
 */
export function addEnvFiles(project: Project): boolean {
  ignoreEnv(project);
  const text = project.exists('.env') ? project.read('.env') : '';
  const file = text === undefined ? undefined : parseEnvFile(text, '.env');
  if (text === undefined || file === undefined || file.problems.length > 0) {
    project.manualSteps.push(
      '.env cannot be parsed: add a SECRET_KEY, made by npx nestjs-production-config keygen.',
    );
    return false;
  }
  const { SECRET_KEY, SECRET_KEY_FILE } = file.values;
  if (isSet(SECRET_KEY) || isSet(SECRET_KEY_FILE)) return false;
  project.write('.env', withKey(text, generateSecretKey()));
  return true;
}

/** Puts the key on the blank SECRET_KEY line of a copied `.env.example`, or else at the end. */
function withKey(text: string, key: string): string {
  const filled = text.replace(/^(SECRET_KEY=)[^\S\r\n]*(?=\r?$)/m, `$1${key}`);
  if (parseEnvFile(filled, '.env').values['SECRET_KEY'] === key) return filled;
  return appendLines(text, ['# For this machine only: production needs its own key.', `SECRET_KEY=${key}`]);
}

function ignoreEnv(project: Project): void {
  const text = project.exists('.gitignore') ? project.read('.gitignore') : '';
  if (text === undefined) {
    project.manualSteps.push(
      '.gitignore is not UTF-8, so git cannot read it: save it as UTF-8 and add the line .env, because .env holds a key.',
    );
    return;
  }
  const about = text.split(/\r?\n/).map((line) => line.trim());
  const ignored = about.findLastIndex((line) => IGNORES_ENV.test(line));
  const shown = about.findLastIndex((line) => line.startsWith('!') && IGNORES_ENV.test(line.slice(1)));
  if (ignored > shown) return;
  project.write('.gitignore', appendLines(text, ['.env']));
  if (project.exists('.env'))
    project.notes.push(
      'git now ignores .env. If git already tracks the file, run git rm --cached .env to keep the key out.',
    );
}

function appendLines(text: string, lines: readonly string[]): string {
  const newline = lineEnding(text);
  const start = text === '' || text.endsWith('\n') ? text : text + newline;
  return `${start}${lines.join(newline)}${newline}`;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== '';
}
