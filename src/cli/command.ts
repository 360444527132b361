import type { ParseArgsConfig } from 'node:util';

/** What a command line holds behind the command's name. */
export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** What a command prints, and whether all is well. */
export interface Outcome {
  readonly output: string;
  readonly fine: boolean;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The arguments and options, a line each. */
  readonly usage: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** How many arguments without a dash it takes at most. */
  readonly maxPositionals: number;
  run(args: Arguments): Outcome | Promise<Outcome>;
}

/** Why a command could not run. Its message is printed as it is. */
export class CommandError extends Error {
  /** `usage` when the command line itself is at fault. */
  constructor(
    message: string,
    readonly usage = false,
  ) {
    super(message);
  }
}

/** What kind of error it is. Only names that JavaScript itself has: an application may have made up the others. */
export function errorName(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return Object.hasOwn(globalThis, name) ? name : 'an error';
}
