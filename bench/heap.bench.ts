import type { Served } from './heap.process.js';
import { count, mebibytes, type Finding } from './support/finding.js';
import { runProgram } from './support/measured-process.js';

// A page and the row beyond it.
const PULLED_ROWS = 101;
// The rows that an object stream buffers in advance (Node's default).
const READ_AHEAD = 16;
const SMALL = 64;
const USUAL = 2048;

/** Does a list of a million rows kill a small container? */
export async function heap(): Promise<Finding[]> {
  return [
    bounded('async generator', await request('generated', SMALL), PULLED_ROWS),
    bounded('object stream', await request('streamed', SMALL), PULLED_ROWS + READ_AHEAD),
    describe(`array, cut by an interceptor, heap of ${SMALL} MB`, await request('sliced', SMALL)),
    describe(`array, cut by an interceptor, heap of ${USUAL} MB`, await request('sliced', USUAL)),
  ];
}

function bounded(source: string, served: Served | string, mostRows: number): Finding {
  return {
    ...describe(`${source}, PaginationInterceptor, heap of ${SMALL} MB`, served),
    goal: {
      text: `answers, at most ${mostRows} rows made`,
      held: typeof served === 'object' && served.rowsSent === 100 && served.rowsMade <= mostRows,
    },
  };
}

/** What was served, or why the process died. */
async function request(route: string, heapMegabytes: number): Promise<Served | string> {
  const options = ['--expose-gc', `--max-old-space-size=${heapMegabytes}`];
  const outcome = await runProgram('heap.process', [route], options);
  return 'died' in outcome ? outcome.died : (JSON.parse(outcome.printed) as Served);
}

function describe(measured: string, served: Served | string): Finding {
  if (typeof served === 'string') return { measured, result: 'died', figures: served };
  return {
    measured,
    result: `heap ${mebibytes(served.heapGrowth)} larger`,
    figures: `status ${served.status}, ${count(served.rowsSent)} rows sent, ${count(served.rowsMade)} rows made`,
  };
}
