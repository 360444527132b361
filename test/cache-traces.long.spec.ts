import { describe, expect, it } from 'vitest';
import { sharedEnv, startOwnRedis } from './support/cache-servers.js';
import { SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';
import { run } from './support/run.js';

const PASSWORD = 'Tr0mbone-Quartz-58';
const HIDDEN = {
  BODY: 'a-body-nobody-else-may-read',
  VALUE: 'a-value-nobody-else-may-read',
  TOKEN: 'Bearer a-token-nobody-else-may-have',
};

interface Span {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** All spans of OpenTelemetry's Redis instrumentation for a service that uses every cache feature. */
async function spansOf(url: string): Promise<{ text: string; spans: Span[]; errors: number }> {
  const { stdout, stderr, code } = await run('.build/test/fixtures/traced.app.js', {
    args: [JSON.stringify(HIDDEN)],
    env: { NODE_ENV: 'production', SECRET_KEY, ...sharedEnv(url.replace('//', `//:${PASSWORD}@`)) },
  });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return { text: stdout, ...(JSON.parse(stdout) as { spans: Span[]; errors: number }) };
}

function expectNothingHidden(text: string): void {
  const secrets = { ...HIDDEN, PASSWORD, SECRET_KEY };
  expect(Object.entries(secrets).filter(([, secret]) => text.includes(secret))).toEqual([]);
  expect(text).not.toContain('a-token-nobody');
}

describe('traces of the shared cache', () => {
  describeWithServer(
    'on Redis',
    () => startOwnRedis('--requirepass', PASSWORD),
    (server) => {
      it('contain no value, password, secret key or header', async () => {
        const { text, spans, errors } = await spansOf(server().url);
        const count = (name: string) => spans.filter((span) => span.name === `redis-${name}`).length;
        // The spans exist, and scripts are traced with all their arguments.
        for (const name of ['connect', 'GET', 'SET', 'EVAL']) expect(count(name), name).toBeGreaterThan(0);
        expect(errors).toBe(0);
        expectNothingHidden(text);
        // Nor do they contain bytes that reveal a value: entries are binary.
        for (const { attributes } of spans) expect(JSON.stringify(attributes).length).toBeLessThan(2_000);
      });
    },
  );

  describeWithServer(
    'on a Redis without HELLO',
    () => startOwnRedis('--requirepass', PASSWORD, '--rename-command', 'HELLO', ''),
    (server) => {
      it('contain no password, although the error repeats the command', async () => {
        const { text, spans } = await spansOf(server().url);
        expect(text).toContain("unknown command 'HELLO'");
        expect(spans.some(({ name }) => name === 'redis-SET')).toBe(true);
        expectNothingHidden(text);
      });
    },
  );
});
