import { hostname } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { type BaseConfig, stateOf } from '../../config/index.js';
import type { ProcessReport } from '../operations.report.js';

/** The process and the memory that it takes. */
export function reportProcess(config: BaseConfig): ProcessReport {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    config: stateOf(config).subject,
    ...(config.RELEASE === undefined ? {} : { release: config.RELEASE }),
    host: hostname(),
    pid: process.pid,
    node: process.versions.node,
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    rssBytes: rss,
    heapBytes: heapUsed,
    heapLimitBytes: getHeapStatistics().heap_size_limit,
  };
}
