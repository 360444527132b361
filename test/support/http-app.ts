import type { ModuleMetadata, INestApplication, Provider, Type } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { onTestFinished } from 'vitest';
import {
  CacheMetrics,
  ProductionConfigModule,
  type ProductionConfigOptions,
  shutdownGracefully,
} from 'nestjs-production-config';
import { until } from './cache-node.js';
import { SECRET_KEY } from './keys.js';
import { RecordingLogger } from './recording-logger.js';

/** The adapters for all HTTP tests. */
export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

export interface HttpApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly logger: RecordingLogger;
}

/** The parts of an application besides its controllers. */
export interface AppParts {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly providers?: Provider[];
  /** The code of `main.ts` before it listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** A real application on a free local port, connected to its shared cache. It closes when the test ends. */
export async function startApp(
  adapter: Adapter,
  controllers: Type[],
  options: ProductionConfigOptions = {},
  { imports = [], providers = [], prepare = () => undefined }: AppParts = {},
): Promise<HttpApp> {
  const logger = new RecordingLogger();
  const env = { NODE_ENV: 'production', SECRET_KEY, ...options.env };
  const testing = await Test.createTestingModule({
    imports: [ProductionConfigModule.forRoot({ ...options, env }), ...imports],
    controllers,
    providers,
  })
    .setLogger(logger)
    .compile();
  const app =
    adapter === 'fastify'
      ? testing.createNestApplication(new FastifyAdapter())
      : testing.createNestApplication();
  onTestFinished(() => app.close());
  shutdownGracefully(app);
  prepare(app);
  await app.listen(0, '127.0.0.1');
  if (options.env?.['CACHE_URL'] !== undefined) {
    await until(() => app.get(CacheMetrics).snapshot().shared!.isConnected);
  }
  return { app, url: await app.getUrl(), logger };
}

/** The response of a route: its status, its Link header and its JSON. */
export async function readAnswer(url: string) {
  const response = await fetch(url);
  return {
    status: response.status,
    link: response.headers.get('link'),
    body: (await response.json()) as never,
  };
}
