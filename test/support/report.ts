import { ConfigError } from 'nestjs-production-config';

/** The report of the ConfigError that a call throws. */
export function reportOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.report;
    throw error;
  }
  throw new Error('nothing was refused');
}
