import type { Finding } from './finding.js';

type Cells = readonly [string, string, string, string, string, string];

// Wide enough for the printed text, so that the table is readable before it is rendered.
const WIDTHS = [11, 60, 22, 30, 4, 0] as const;

/** Prints a Markdown table, row by row as the results arrive. */
export function printHeader(): void {
  printRow(['Question', 'Measured', 'Median (min to max)', 'Goal', 'Held', 'Absolute figures of this run']);
  printRow(WIDTHS.map((width) => '-'.repeat(Math.max(width, 3))) as unknown as Cells);
}

export function printFindings(question: string, findings: readonly Finding[]): void {
  for (const { measured, result, goal, figures } of findings) {
    printRow([question, measured, result, goal?.text ?? '', held(goal), figures]);
  }
}

function held(goal: Finding['goal']): string {
  if (goal === undefined) return '';
  return goal.held ? 'yes' : 'NO';
}

function printRow(cells: Cells): void {
  const padded = cells.map((cell, column) => cell.padEnd(WIDTHS[column]!));
  process.stdout.write(`| ${padded.join(' | ')} |\n`);
}
