import { type CanActivate, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheMetrics, ProductionConfigModule } from 'nestjs-production-config';
import {
  OperationsModule,
  type OperationsReport,
  OperationsReporter,
  type SettingReport,
} from 'nestjs-production-config/operations';

const guard: CanActivate = { canActivate: () => true };
const env = { SECRET_KEY: 'kFq0W8m3xTzR6vYb1NcJ9sLhUeD2pGaX7iOo5tKw4Qg' };

@Module({ imports: [ProductionConfigModule.forRoot({ env }), OperationsModule.forRoot({ guards: [guard] })] })
class ShownModule {}

async function show(): Promise<void> {
  const app = await NestFactory.create(ShownModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const { schema, settings }: OperationsReport = await app.get(OperationsReporter).report();
  const key: SettingReport | undefined = settings.find(({ name }) => name === 'SECRET_KEY');
  const metrics = await fetch(`${await app.getUrl()}/ops/metrics`);
  process.stdout.write(`${schema} ${String(key?.value)}\n${metrics.status} ${await metrics.text()}`);
  const registry = { registerMetric: () => undefined, getSingleMetric: () => undefined };
  await app
    .get(CacheMetrics)
    .register(registry)
    .catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
  await app.close();
}

void show();
