import { styleText } from 'node:util';

/** How text looks where it is printed. */
export interface Look {
  /** Colours a text if the output shows colours. */
  readonly style: (format: Parameters<typeof styleText>[0], text: string) => string;
  /** The columns of the output. Infinite if nothing is wrapped. */
  readonly width: number;
}

/** Without colours, and unwrapped: for logs, and for the messages of errors. */
export const PLAIN: Look = { style: (_format, text) => text, width: Infinity };

/** The least columns of a wrapped text. */
const MIN_ROOM = 24;

/** Node decides about colours: by the stream, by NO_COLOR and by FORCE_COLOR. Only a terminal has a width. */
export function lookOf(stream: NodeJS.WriteStream): Look {
  return {
    style: (format, text) => styleText(format, text, { stream }),
    // A pseudo-terminal whose size is unknown has 0 columns.
    width: stream.isTTY ? stream.columns || Infinity : Infinity,
  };
}

/** A text that begins at a column. It is wrapped at its spaces, and the lines below begin at that column, too. */
export function hanging(text: string, column: number, { width }: Look): string {
  return wrapped(text, Math.max(width - column, MIN_ROOM)).join(`\n${' '.repeat(column)}`);
}

function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(' ')) {
    const longer: string = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && longer.length > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line ?? ''];
}
