import type { Served } from './heap.process.js';
import { count, mebibytes, type Finding } from './support/finding.js';
import { runProgram } from './support/measured-process.js';

const MOST_ROWS = 101;
const SMALL = 64;
const USUAL = 2048;

/** Does a list of a million rows kill a small container? */
export async function heap(): Promise<Finding[]> {
  const ours = await request('generated', SMALL);
  return [
    {
      ...describe(`async generator, PaginationInterceptor, heap of ${SMALL} MB`, ours),
      goal: {
        text: `answers, at most ${MOST_ROWS} rows made`,
        held: typeof ours === 'object' && ours.rowsMade <= MOST_ROWS,
      },
    },
    describe(`array, cut by an interceptor, heap of ${SMALL} MB`, await request('sliced', SMALL)),
    describe(`array, cut by an interceptor, heap of ${USUAL} MB`, await request('sliced', USUAL)),
  ];
}

/** What was served, or why the process died. */
async function request(route: string, heapMegabytes: number): Promise<Served | string> {
  const options = ['--expose-gc', `--max-old-space-size=${heapMegabytes}`];
  const outcome = await runProgram('heap.process', [route], options);
  return 'died' in outcome ? outcome.died : (JSON.parse(outcome.printed) as Served);
}

function describe(measured: string, served: Served | string): Finding {
  if (typeof served === 'string') return { measured, result: 'died', beside: served };
  return {
    measured,
    result: `heap ${mebibytes(served.heapGrowth)} larger`,
    beside: `status ${served.status}, ${count(served.rowsSent)} rows sent, ${count(served.rowsMade)} rows made`,
  };
}
