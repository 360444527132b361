import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import {
  CacheMetrics,
  Fleet,
  KeyMetrics,
  LifecycleMetrics,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { installed } from './support/own-server.js';
import { RecordingLogger } from './support/recording-logger.js';
import { ROOT } from './support/run.js';

const RULES = join(ROOT, 'example/alerts/rules.yaml');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly id: number; readonly targets: readonly { readonly expr: string }[] }[];
}

const rules = parse(readFileSync(RULES, 'utf8')) as Rules;
const dashboard = JSON.parse(readFileSync(join(ROOT, 'example/alerts/dashboard.json'), 'utf8')) as Dashboard;

const texts = Joi.object().pattern(/^[a-z_]+$/, Joi.string().required());
const rule = Joi.object({
  alert: Joi.string().pattern(/^[A-Z]\w+$/),
  expr: Joi.string(),
  for: Joi.string()
    .pattern(/^\d+[smh]$/)
    .optional(),
  labels: texts,
  annotations: texts,
});
const file = Joi.object({
  groups: Joi.array()
    .items(Joi.object({ name: Joi.string(), rules: Joi.array().items(rule).min(1) }))
    .length(1),
});

/** The names of all metrics that the package adds to a registry. */
async function registeredNames(): Promise<string[]> {
  const env = {
    NODE_ENV: 'production',
    SECRET_KEY,
    CACHE_URL: 'redis://127.0.0.1:1',
    CACHE_NAMESPACE: 'orders',
  };
  const app = await Test.createTestingModule({ imports: [ProductionConfigModule.forRoot({ env })] })
    .setLogger(new RecordingLogger())
    .compile();
  onTestFinished(() => app.close());
  const registry = new Registry();
  for (const type of [CacheMetrics, KeyMetrics, Fleet, LifecycleMetrics])
    await app.get<CacheMetrics>(type).register(registry);
  return registry.getMetricsAsArray().map(({ name }) => name);
}

describe('the alerts and the dashboard to copy', () => {
  const expressions = [
    ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];

  it('ask only for metrics that the package registers', async () => {
    const names = await registeredNames();
    const asked = expressions.flatMap(
      (text) => text.match(/\b(?:cache|config|key|keys|lifecycle)_\w+/g) ?? [],
    );
    expect(asked.length).toBeGreaterThan(20);
    expect([...new Set(asked)].filter((name) => !names.includes(name))).toEqual([]);
  });

  it('are a file of rules that Prometheus accepts', () => {
    expect(file.validate(rules, { presence: 'required' }).error).toBeUndefined();
    const promtool = installed('promtool');
    if (promtool !== undefined) execFileSync(promtool, ['check', 'rules', RULES]);
  });

  it('have a query in each panel, and no two panels with one id', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(dashboard.panels.filter(({ targets }) => targets.length === 0)).toEqual([]);
  });
});
