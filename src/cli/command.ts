import type { ParseArgsConfig } from 'node:util';

/** The options and arguments after the command's name. */
export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** The output of a command, and whether it succeeded. */
export interface Outcome {
  readonly output: string;
  readonly ok: boolean;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The help text below the usage line. */
  readonly usage: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** The maximum number of positional arguments. */
  readonly maxPositionals: number;
  run(args: Arguments): Outcome | Promise<Outcome>;
}

/** The reason why a command could not run. Its message is printed unchanged. */
export class CommandError extends Error {
  /** `usage` prints the usage too: the command line itself is wrong. */
  constructor(
    message: string,
    readonly usage = false,
  ) {
    super(message);
  }
}

/** The fields that `--only` names; undefined without it. */
export function fieldsOf({ only }: Arguments['values']): readonly string[] | undefined {
  if (typeof only !== 'string') return undefined;
  const fields = only
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');
  // Otherwise nothing would be checked, and nothing would be wrong.
  if (fields.length === 0) throw new CommandError('--only needs the name of a field', true);
  return fields;
}
