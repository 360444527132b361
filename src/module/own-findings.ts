import type { Logger } from '@nestjs/common';
import { ownFindings } from '../checks/index.js';
import { type BaseConfig, sentenceOf } from '../config/index.js';

/** Logs what the application's own checks find, in the background: the start waits for no check. */
export function logOwnFindings(config: BaseConfig, logger: Logger): void {
  setImmediate(async () => {
    for (const finding of await ownFindings(config)) logger.warn(sentenceOf(finding));
  });
}
