import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { until } from './support/cache-node.js';
import { sharedEnv, startRedis } from './support/cache-servers.js';
import { ChaosProxy } from './support/chaos-proxy.js';
import { SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';
import { ROOT, run } from './support/run.js';

const FIXTURE = '.build/test/fixtures/cache-clock.app.js';

/** The library that lets a process read a clock that tests can step. */
async function findLibrary(): Promise<{ path: string; stop(): Promise<void> } | undefined> {
  const paths = readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}/faketime/libfaketime.so.1`);
  const path = paths.find((each) => existsSync(each));
  return path === undefined ? undefined : { path, stop: async () => undefined };
}

describeWithServer('a step of the wall clock', findLibrary, (library) => {
  function steppedClock() {
    const folder = mkdtempSync(join(tmpdir(), 'clock-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'offset');
    const step = (offset: string) => writeFileSync(file, offset);
    step('+0');
    const env = {
      NODE_ENV: 'production',
      SECRET_KEY,
      LD_PRELOAD: library().path,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // As on a real machine, only the wall clock is stepped.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    return { env, step };
  }

  it('does not affect expiry, refresh-ahead or load retries', async () => {
    const { code, stdout } = await run(FIXTURE, { env: steppedClock().env });
    expect(code).toBe(0);
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf('{"forward"')))).toEqual({
      forward: { stepped: 1, value: 'value', minutesLeft: 10, loaded: 1 },
      back: { expired: true, asked: true },
    });
  });

  describeWithServer('with Redis', startRedis, (server) => {
    it('does not suppress the log message about the end of an outage', async () => {
      const proxy = await ChaosProxy.start(server().url);
      onTestFinished(() => proxy.stop());
      const { env, step } = steppedClock();
      proxy.become('refusing');
      const child = spawn(process.execPath, [join(ROOT, FIXTURE)], {
        cwd: join(ROOT, '.build'),
        env: { ...env, ...sharedEnv(proxy.url), NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      });
      let log = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
      await until(() => log.includes('The shared cache fails'), 30_000);
      step('-3600');
      proxy.become('none');
      // Logged 10 s after the outage message, or later if connecting takes long.
      await until(() => log.includes('The shared cache is in use again'), 60_000);
    });
  });
});
