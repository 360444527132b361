import { type DynamicModule, Module } from '@nestjs/common';
import { operationsController } from './operations.controller.js';
import { accessOf, type OperationsOptions } from './operations.options.js';
import { OperationsReporter } from './operations.reporter.js';
import { OperationsServer, LISTEN_ADDRESS } from './operations.server.js';
import { OperationsMetrics } from './operations.metrics.js';
import { OPERATIONS_PATH, OperationsResponses } from './operations.responses.js';

/**
 * A read-only page that shows what this process has: `GET /ops`, the same data at `/ops.json`, and the metrics of this
 * package for Prometheus at `/ops/metrics`. It never shows a secret.
 *
 * Behind `guards` it is a route of the application; with `listen` it has a server of its own at a loopback address, which
 * also serves applications without HTTP. It needs ProductionConfigModule.
 *
 * @throws OperationsError if there is neither a guard nor a loopback address
 *
 * @example
 * ```ts
 * @Module({
 *   imports: [
 *     ProductionConfigModule.forRoot({ config: AppConfig }),
 *     OperationsModule.forRoot({ guards: [StaffGuard] }),
 *   ],
 * })
 * export class AppModule {}
 * ```
 */
@Module({})
export class OperationsModule {
  /**
   * Creates the module.
   *
   * @throws OperationsError if there is neither a guard nor a loopback address
   *
   * @example
   * ```ts
   * OperationsModule.forRoot({ listen: '127.0.0.1:9464' })
   * ```
   */
  static forRoot(options: OperationsOptions): DynamicModule {
    const access = accessOf(options);
    const { path, guards, address } = access;
    return {
      module: OperationsModule,
      imports: [...(options.imports ?? [])],
      controllers: address === undefined ? [operationsController(path, guards)] : [],
      providers: [
        OperationsReporter,
        OperationsMetrics,
        OperationsResponses,
        { provide: OPERATIONS_PATH, useValue: path },
        ...(address === undefined ? [] : [{ provide: LISTEN_ADDRESS, useValue: address }, OperationsServer]),
      ],
      exports: [OperationsReporter],
    };
  }
}
