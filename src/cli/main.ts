#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { generateSecretKey } from '../config/secret-key.js';

const USAGE = `Usage: production-config <command>

Commands:
  keygen    print a new SECRET_KEY: 256 random bits, alone on its line

Options:
  -h, --help    print this text
`;

const COULD_NOT_RUN = 2;

/** Runs the command line and answers with the exit code. */
function main(args: string[]): number {
  let parsed;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
  } catch (error) {
    return refuse((error as Error).message);
  }
  const [command, ...rest] = parsed.positionals;
  if (parsed.values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === undefined) return refuse('a command is missing');
  if (command !== 'keygen') return refuse(`'${command}' is not a command`);
  if (rest.length > 0) return refuse(`keygen takes no arguments, but got '${rest[0]}'`);
  process.stdout.write(`${generateSecretKey()}\n`);
  return 0;
}

function refuse(reason: string): number {
  process.stderr.write(`production-config: ${reason}\n\n${USAGE}`);
  return COULD_NOT_RUN;
}

process.exitCode = main(process.argv.slice(2));
