#!/usr/bin/env node
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { errorName } from '../common/error-name.js';
import { ConfigDefinitionError } from '../config/model/config.error.js';
import { UnsupportedNodeError } from '../config/load/node-version.js';
import { check } from './check.command.js';
import { CommandError, type Command, type Outcome } from './command.js';
import { envExample } from './env-example.command.js';
import { fleet } from './fleet.command.js';
import { keygen } from './keygen.command.js';

const COMMANDS: Readonly<Record<string, Command>> = { keygen, check, fleet, 'env-example': envExample };

const OK = 0;
const PROBLEMS = 1;
const COULD_NOT_RUN = 2;

/** For the command's output only: what the configuration class prints goes to stderr. */
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

/** The first call of `end()` decides the exit code. Exit codes set by the imported file are ignored. */
let ended = false;

async function main([name, ...args]: string[]): Promise<void> {
  process.exitCode = COULD_NOT_RUN;
  process.on('uncaughtException', (error) => fail(name, error));
  process.on('exit', () => {
    if (ended) return;
    process.exitCode = COULD_NOT_RUN;
    writeSync(
      2,
      'production-config: the file of the configuration class ended the process, or never finished loading\n',
    );
  });
  try {
    const { output, ok } = await run(name, args);
    // A rejected promise in the imported file would end the service too, so give it time to surface.
    await new Promise(setImmediate);
    end(process.stdout, output, ok ? OK : PROBLEMS);
  } catch (error) {
    fail(name, error);
  }
}

function fail(name: string | undefined, error: unknown): void {
  const usage = error instanceof CommandError && error.usage ? `\n${usageOf(name)}` : '';
  end(process.stderr, `production-config: ${reasonOf(error)}\n${usage}`, COULD_NOT_RUN);
}

function run(name: string | undefined, args: string[]): Outcome | Promise<Outcome> {
  if (name === '--help' || name === '-h') return { output: usageOf(undefined), ok: true };
  if (name === undefined) throw new CommandError('a command is missing', true);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new CommandError(`'${name}' is not a command`, true);
  const { values, positionals } = parseOptions(args, command);
  for (const [option, value] of Object.entries(values)) {
    if ([value].flat().some((each) => String(each).trim() === ''))
      throw new CommandError(`--${option} needs a value`, true);
  }
  if (values['help'] === true) return { output: usageOf(name), ok: true };
  const stray = positionals[command.maxPositionals];
  if (stray !== undefined) throw new CommandError(`${name} does not take the argument '${stray}'`, true);
  return command.run({ values, positionals });
}

function parseOptions(args: string[], { options }: Command) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new CommandError((error as Error).message, true);
  }
}

function usageOf(name: string | undefined): string {
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (command !== undefined) {
    return `Usage: production-config ${name}${command.usage === '' ? '\n' : ` [options]\n\n${command.usage}`}`;
  }
  const summaries = Object.entries(COMMANDS).map(([key, { summary }]) => `  ${key.padEnd(13)}${summary}\n`);
  return `Usage: production-config <command> [--help]\n\n${summaries.join('')}`;
}

/** Only this package's messages are shown: an error of the application may contain a secret. */
function reasonOf(error: unknown): string {
  if (
    error instanceof CommandError ||
    error instanceof ConfigDefinitionError ||
    error instanceof UnsupportedNodeError
  )
    return error.message;
  return `the configuration class threw ${errorName(error)} while it was used`;
}

/** Writes the output and exits, even if the imported file left handles open. */
function end(stream: NodeJS.WriteStream, text: string, code: number): void {
  if (ended) return;
  ended = true;
  // EPIPE is not a failure: the reader has closed the pipe, as `head` does.
  const exit = (error?: Error | null) => {
    process.removeAllListeners('exit');
    process.exit(error && (error as NodeJS.ErrnoException).code !== 'EPIPE' ? COULD_NOT_RUN : code);
  };
  stream.on('error', exit);
  if (stream === process.stdout) print(text, exit);
  else stream.write(text, exit);
}

void main(process.argv.slice(2));
