// Prints one row per test.
export class Table {
  passed = 0;
  failed = 0;

  /** Runs an attempt, prints the outcome, and returns the result; undefined if it failed. */
  async row(cells, attempt) {
    const started = Date.now();
    try {
      const result = await attempt();
      this.passed++;
      this.#print(cells, 'ok', `${((Date.now() - started) / 1000).toFixed(1)} s`);
      return result;
    } catch (error) {
      this.failed++;
      this.#print(cells, 'FAILED');
      process.stdout.write(`${error.message}\n`.replaceAll(/^/gm, '    '));
      return undefined;
    }
  }

  /** Prints a row without an attempt. */
  note(cells, why) {
    this.#print(cells, '--', why);
  }

  #print(cells, result, more = '') {
    process.stdout.write(`${result.padEnd(7)} ${cells.join(' | ')}${more && `   ${more}`}\n`);
  }
}
