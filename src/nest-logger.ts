import { ConsoleLogger, Logger, type LoggerService, type LogLevel } from '@nestjs/common';

interface NestsLogger {
  readonly staticInstanceRef?: LoggerService;
  readonly logLevels?: readonly LogLevel[];
}

/**
 * Whether Nest prints errors. `Logger.isLevelEnabled` of Nest 11 says no as long as nobody has chosen levels, and knows
 * neither `logger: false` nor the levels that a logger was made with.
 */
export function printsErrors(): boolean {
  const { staticInstanceRef: logger, logLevels } = Logger as unknown as NestsLogger;
  if (logger === undefined) return false;
  if (logger instanceof ConsoleLogger) return logger.isLevelEnabled('error');
  return logLevels === undefined || Logger.isLevelEnabled('error');
}
