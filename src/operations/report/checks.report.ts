import { runChecks } from '../../checks/index.js';
import type { BaseConfig } from '../../config/index.js';
import type { CheckReport, ReportedFinding } from '../operations.report.js';

const KEPT_MS = 10_000;
/** A check of the application could find something in each row of a table. */
const MAX_FINDINGS = 100;
const MAX_CHARACTERS = 2_000;

/** Runs the checks. Some ask servers, so that what they found is kept for 10 seconds. It is bounded. */
export class ChecksReporter {
  #found: Promise<CheckReport> | undefined;
  #until = 0;

  report(config: BaseConfig): Promise<CheckReport> {
    const now = performance.now();
    if (this.#found === undefined || now >= this.#until) {
      this.#found = runChecks(config).then(bounded);
      this.#until = now + KEPT_MS;
    }
    return this.#found;
  }
}

function bounded({ findings, silenced, ...report }: CheckReport): CheckReport {
  const left = findings.slice(MAX_FINDINGS);
  const ids = [...new Set(left.map(({ id }) => id))];
  return {
    ...report,
    findings: [...findings.slice(0, MAX_FINDINGS), ...ids.map((id) => furtherOf(id, left))].map(shortened),
    silenced: silenced.slice(0, MAX_FINDINGS).map(shortened),
  };
}

/** What the findings of a check that are not shown have in common. */
function furtherOf(id: string, left: readonly ReportedFinding[]): ReportedFinding {
  const count = left.filter((finding) => finding.id === id).length;
  return { id, message: `${count} further findings are not shown: production-config check lists them` };
}

function shortened<T extends ReportedFinding>(finding: T): T {
  const texts = Object.entries(finding).map(([key, text]: [string, string]) => [key, cut(text)]);
  return Object.fromEntries(texts) as T;
}

function cut(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…`;
}
