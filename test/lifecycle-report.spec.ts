import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { describe, expect, it, vi } from 'vitest';
import { LifecycleMetrics, ProductionConfigModule, Readiness } from 'nestjs-production-config';
import { reportLifecycle } from '../src/lifecycle/index.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';

let release = () => {};

@Controller('slow')
class SlowController {
  @Get()
  slow() {
    return new Promise((resolve) => (release = () => resolve('done')));
  }
}

describe.each(ADAPTERS)('the report of the lifecycle on %s', (adapter) => {
  it('counts the requests in flight, also as a metric of prom-client', async () => {
    const { app, url } = await startApp(adapter, [SlowController]);
    const registry = new Registry();
    await app.get(LifecycleMetrics).register(registry);
    const report = () => reportLifecycle(app.get(Readiness));
    expect(report()).toEqual({ state: 'ready', reasons: [], requestsInFlight: 0, drain: undefined });
    const response = fetch(`${url}/slow`);
    await expect.poll(() => report().requestsInFlight).toBe(1);
    expect(await registry.metrics()).toContain('lifecycle_ready 1\n');
    expect(await registry.metrics()).toContain('lifecycle_requests_in_flight 1\n');
    const end = app.get(Readiness).hold('a warm-up');
    expect(await registry.metrics()).toContain('lifecycle_ready 0\n');
    end();
    release();
    await response;
    await expect.poll(() => report().requestsInFlight).toBe(0);
  });

  it('names the signal and the phase of a shutdown in progress', async () => {
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const env = { DRAIN_SECONDS: '1' };
    const { app, url } = await startApp(adapter, [SlowController], { env });
    const report = () => reportLifecycle(app.get(Readiness));
    const response = fetch(`${url}/slow`);
    await expect.poll(() => report().requestsInFlight).toBe(1);
    // The listener of this application: a signal would end the process of the tests.
    process.listeners('SIGTERM').at(-1)!('SIGTERM');
    const { state, drain } = report();
    expect(state).toBe('draining');
    expect(drain).toMatchObject({ signal: 'SIGTERM', phase: 'draining' });
    expect(new Date(drain!.startedAt).getTime()).toBeLessThanOrEqual(Date.now());
    await expect.poll(() => report().drain!.phase).toBe('closing');
    release();
    await response;
    await expect.poll(() => exit.mock.calls).toEqual([[0]]);
    expect(report().drain!.phase).toBe('hooks');
    exit.mockRestore();
  });
});

it('without shutdownGracefully() the requests are unknown', async () => {
  const env = { NODE_ENV: 'production', SECRET_KEY };
  const testing = await Test.createTestingModule({
    imports: [ProductionConfigModule.forRoot({ env })],
  }).compile();
  await testing.init();
  const { state, requestsInFlight, drain } = reportLifecycle(testing.get(Readiness));
  expect({ state, requestsInFlight, drain }).toEqual({
    state: 'ready',
    requestsInFlight: undefined,
    drain: undefined,
  });
  await testing.close();
});
