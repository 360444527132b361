import { ConsoleLogger, Logger, type LoggerService, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

interface NestsLogger {
  readonly staticInstanceRef?: LoggerService;
  readonly logLevels?: readonly LogLevel[];
  readonly isBufferAttached?: boolean;
}

/**
 * Whether Nest prints errors. `Logger.isLevelEnabled` of Nest 11 says no as long as nobody has chosen levels, and knows
 * neither `logger: false` nor the levels that a logger was made with. Logs that nobody flushes are printed nowhere.
 */
export function printsErrors(): boolean {
  const { staticInstanceRef: logger, logLevels, isBufferAttached } = Logger as unknown as NestsLogger;
  const { autoFlushLogs } = NestFactory as unknown as { readonly autoFlushLogs?: boolean };
  if (logger === undefined || (isBufferAttached === true && autoFlushLogs === false)) return false;
  if (logger instanceof ConsoleLogger) return logger.isLevelEnabled('error');
  return logLevels === undefined || Logger.isLevelEnabled('error');
}
