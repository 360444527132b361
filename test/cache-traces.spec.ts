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

/** Everything that OpenTelemetry's instrumentation of Redis tells of a service that uses its cache in every way. */
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
      it('hold no value, no password, no key and no header', async () => {
        const { text, spans, errors } = await spansOf(server().url);
        const count = (name: string) => spans.filter((span) => span.name === `redis-${name}`).length;
        // They would: scripts are traced with all their arguments.
        for (const name of ['connect', 'GET', 'SET', 'EVAL']) expect(count(name), name).toBeGreaterThan(0);
        expect(errors).toBe(0);
        expectNothingHidden(text);
        // Nor bytes that a value could be read from: entries are binary.
        for (const { attributes } of spans) expect(JSON.stringify(attributes).length).toBeLessThan(2_000);
      });
    },
  );

  describeWithServer(
    'on a Redis without HELLO',
    () => startOwnRedis('--requirepass', PASSWORD, '--rename-command', 'HELLO', ''),
    (server) => {
      it('hold no password, though its error repeats what it was told', async () => {
        const { text, spans } = await spansOf(server().url);
        expect(text).toContain("unknown command 'HELLO'");
        expect(spans.some(({ name }) => name === 'redis-SET')).toBe(true);
        expectNothingHidden(text);
      });
    },
  );
});
