import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { ConfigWarning } from '../../config/config.warning.js';
import { withinContainer } from '../../config/container-memory.js';
import type { Environment } from '../../config/sources/environment.js';

const MIB = 2 ** 20;

/** Buffers, stacks and code take memory beside the heap. */
const MOST_FOR_HEAP = 0.9;

/** How Node itself was set up, as far as this process shows it: it is started with the service's NODE_OPTIONS. */
export function processAdvice(env: Environment): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const options = [...(env['NODE_OPTIONS'] ?? '').split(/[\s"]+/), ...process.execArgv];
  if (options.some((option) => /^--inspect(?:[-_](?:brk|wait))?(?:=|$)/.test(option))) {
    warnings.push({
      id: 'inspector',
      message: 'The inspector is on (--inspect): whoever reaches its port runs code and reads every secret',
      fix: 'take --inspect out of NODE_OPTIONS and of the start command',
    });
  }
  const heap = getHeapStatistics().heap_size_limit;
  const memory = withinContainer(totalmem());
  if (heap > memory * MOST_FOR_HEAP) {
    warnings.push({
      id: 'heap-limit',
      message: `The heap may grow to ${mib(heap)}, and there are ${mib(memory)} of memory: the process is killed before it collects its garbage`,
      fix: `set NODE_OPTIONS=--max-old-space-size=${Math.floor((memory * 0.75) / MIB)}`,
    });
  }
  return warnings;
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
