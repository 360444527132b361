import type { LogLevel } from '@nestjs/common';

/** Nest's levels, the most severe first. */
export const LOG_LEVELS = [
  'fatal',
  'error',
  'warn',
  'log',
  'debug',
  'verbose',
] as const satisfies readonly LogLevel[];
