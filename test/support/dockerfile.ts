import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './run.js';

/** The initial state of a container of the image. */
export interface Image {
  /** The folder with the files of the last stage. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: number;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

/** The instructions of a Dockerfile, each on one line. */
export function instructionsOf(text: string): (readonly [instruction: string, rest: string])[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [instruction = ''] = line.split(' ', 1);
      return [instruction, line.slice(instruction.length).trim()];
    });
}

/** The build context: `.dockerignore` excludes everything except some names. */
export function buildContext(): string[] {
  const [first, ...rest] = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*' || rest.some((line) => !/^![\w.-]+$/.test(line))) {
    throw new Error('.dockerignore must shut out everything (*) and then let names in (!name)');
  }
  return rest.map((line) => line.slice(1));
}

/** Runs the steps of a Dockerfile without a container: each stage has its own folder. */
export function replay(path: string, folder: string): Image {
  const context = buildContext();
  let [stage, user] = ['', 0];
  let env: Record<string, string> = {};
  let command: readonly string[] = [];
  let healthcheck: readonly string[] = [];
  const inside = (name: string) => join(folder, name, 'app');
  const copy = (from: string, target: string) => {
    const isFolder = target.endsWith('/') && target !== './';
    const at =
      /^\.\/?$/.test(target) || isFolder
        ? join(inside(stage), target, basename(from))
        : join(inside(stage), target);
    cpSync(from, at, { recursive: true, verbatimSymlinks: true });
  };
  const steps: Record<string, (rest: string) => void> = {
    FROM: (rest) => {
      [stage, env] = [/ AS (\w+)$/.exec(rest)?.[1] ?? 'last', {}];
      mkdirSync(inside(stage), { recursive: true });
    },
    WORKDIR: (rest) => {
      if (rest !== '/app') throw new Error(`A stage works in /app, not in ${rest}`);
    },
    COPY: (rest) => {
      const [, from, words = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(rest)!;
      const names = words.split(' ');
      const target = names.pop()!;
      const sources = names.flatMap((name) => (from === undefined && name === '.' ? context : [name]));
      for (const source of sources) {
        if (from !== undefined) copy(source.replace('/app', inside(from)), target);
        else if (context.includes(source)) copy(join(ROOT, source), target);
        else throw new Error(`COPY ${source}: .dockerignore shuts it out`);
      }
    },
    RUN: (rest) => {
      const { PATH, HOME } = process.env;
      const options = {
        npm_config_prefer_offline: 'true',
        npm_config_audit: 'false',
        npm_config_fund: 'false',
      };
      execFileSync('sh', ['-ec', rest], {
        cwd: inside(stage),
        env: { PATH, HOME, ...options, ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    },
    ENV: (rest) => Object.assign(env, Object.fromEntries(rest.split(' ').map((pair) => pair.split('=')))),
    USER: (rest) => (user = Number(/^(\d+):\d+$/.exec(rest)?.[1])),
    EXPOSE: () => undefined,
    HEALTHCHECK: (rest) => (healthcheck = JSON.parse(rest.replace(/^.*? CMD /, '')) as string[]),
    CMD: (rest) => (command = JSON.parse(rest) as string[]),
  };
  for (const [instruction, rest] of instructionsOf(readFileSync(join(ROOT, path), 'utf8'))) {
    const step = steps[instruction];
    if (step === undefined) throw new Error(`${instruction} is a step that nobody replays`);
    step(rest);
  }
  // The user of the service needs access to the folder, and a temporary folder denies it by default.
  for (const directory of [folder, join(folder, stage)]) chmodSync(directory, 0o755);
  return { directory: inside(stage), env, user, command, healthcheck };
}
