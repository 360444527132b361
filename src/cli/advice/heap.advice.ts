import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { ConfigWarning } from '../../config/model/config.warning.js';
import { withinContainer } from '../../config/cache.config.js';

const MIB = 2 ** 20;

/** Buffers, stacks and code take memory beside the heap. */
const MOST_FOR_HEAP = 0.9;

/** A heap that may outgrow the memory, as far as this process shows it: it is started with the service's NODE_OPTIONS. */
export function heapAdvice(): ConfigWarning[] {
  const heap = getHeapStatistics().heap_size_limit;
  const memory = withinContainer(totalmem());
  if (heap <= memory * MOST_FOR_HEAP) return [];
  return [
    {
      id: 'heap-limit',
      message: `The heap may grow to ${mib(heap)}, and there are ${mib(memory)} of memory: the process is killed before it collects its garbage`,
      fix: `set NODE_OPTIONS=--max-old-space-size=${Math.floor((memory * 0.75) / MIB)}`,
    },
  ];
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
