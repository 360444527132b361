// One row for each thing that was tried.
export class Table {
  passed = 0;
  failed = 0;

  /** Tries it, prints how it went, and answers with what it gave; undefined where it failed. */
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

  /** A row that needs no try. */
  note(cells, why) {
    this.#print(cells, '--', why);
  }

  #print(cells, result, more = '') {
    process.stdout.write(`${result.padEnd(7)} ${cells.join(' | ')}${more && `   ${more}`}\n`);
  }
}
