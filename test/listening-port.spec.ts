import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import Joi from 'joi';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigGroup, Env, Group, ProductionConfig, Secret, port } from 'nestjs-production-config';
import { inspectConfig } from '../src/config/load/config.inspection.js';
import { SECRET_KEY } from './support/keys.js';

const PATHS = [
  '\\\\.\\pipe\\2f1c7a0e-canary',
  '\\\\?\\pipe\\canary',
  '//./pipe/canary',
  '/run/passenger.canary/node.sock',
  'unix:/run/canary.sock',
  'passenger',
];

class MailConfig extends ConfigGroup {
  @Env(port())
  readonly port!: number;
}

class GroupedConfig extends ProductionConfig {
  @Group(MailConfig)
  readonly mail!: MailConfig;

  @Secret(Joi.string().optional())
  readonly TOKEN?: string;
}

describe('a PORT that is the path of a pipe or a socket', () => {
  it.each(PATHS)('is rejected with what to do: %s', (PORT) => {
    const { problems } = inspectConfig(GroupedConfig, { env: { SECRET_KEY, PORT, MAIL_PORT: PORT } });
    const problem = {
      code: 'invalid',
      message: 'must be a port, from 0 to 65535, not a pipe or a socket',
      fix: 'have the platform pass a TCP port, or accept the path as docs/deployment.md shows',
      origin: 'environment',
    };
    expect(problems).toEqual([
      { name: 'PORT', ...problem },
      { name: 'MAIL_PORT', ...problem },
    ]);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });

  it.each(['80x', 'pipe', 'a/b', 'passengers', '65536', '-1', 'C:\\x'])('is not what %s is', (PORT) => {
    expect(inspectConfig(ProductionConfig, { env: { SECRET_KEY, PORT } }).problems).toEqual([
      { name: 'PORT', code: 'invalid', message: 'must be a port, from 0 to 65535', origin: 'environment' },
    ]);
  });
});

describe('the class of docs/deployment.md that accepts such a path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => vi.unstubAllEnvs());

  class AppConfig extends ProductionConfig {
    @Env(
      port()
        .empty(Joi.string().pattern(/^(?:\\\\|\/|passenger$)/))
        .default(0),
    )
    declare readonly PORT: number;

    get address(): number | string {
      return this.PORT || process.env['PORT'] || 3000;
    }
  }

  it('listens on the socket', async () => {
    const path = join(folder, 'node.sock');
    vi.stubEnv('PORT', path);
    vi.stubEnv('SECRET_KEY', SECRET_KEY);
    const config = AppConfig.load();
    expect([config.PORT, config.address]).toEqual([0, path]);
    const server = createServer().listen(config.address);
    await once(server, 'listening');
    expect(server.address()).toBe(path);
    server.close();
  });

  it('still takes a port, and rejects a typo', () => {
    expect(AppConfig.load({ SECRET_KEY, PORT: '4000' }).address).toBe(4000);
    expect(() => AppConfig.load({ SECRET_KEY, PORT: '40o0' })).toThrow('must be a port');
  });
});
