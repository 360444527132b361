import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { type ConfigWarning, capToContainer } from '../../config/index.js';

const MIB = 2 ** 20;

/** The rest is for buffers, stacks and code. */
const MAX_HEAP_SHARE = 0.9;

/** Warns if the heap may outgrow the memory. This process stands for the service: it runs with the same NODE_OPTIONS. */
export function heapAdvice(): ConfigWarning[] {
  const heap = getHeapStatistics().heap_size_limit;
  const memory = capToContainer(totalmem());
  if (heap <= memory * MAX_HEAP_SHARE) return [];
  return [
    {
      id: 'heap-limit',
      message: `The heap may grow to ${mib(heap)}, but there are only ${mib(memory)} of memory: the process is killed before it collects garbage`,
      fix: `set NODE_OPTIONS=--max-old-space-size=${Math.floor((memory * 0.75) / MIB)}`,
    },
  ];
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
