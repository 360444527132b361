import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startNode, until } from './support/cache-node.js';
import { sharedEnv, startTlsRedis } from './support/cache-servers.js';
import { Authority } from './support/certificate.js';
import { checkConnect, factsOf } from './support/checked-connections.js';
import { describeWithServer } from './support/real-server.js';

type Env = Readonly<Record<string, string>>;

describeWithServer(
  'a Redis with a private CA that demands client certificates',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-mtls-'));
    const [authority, other] = ['own', 'other'].map((name) =>
      Authority.make(mkdtempSync(join(folder, name))),
    );
    if (authority === undefined || other === undefined) return undefined;
    const own = authority.issue('server');
    const server = await startTlsRedis(own.keyFile, own.certificateFile, join(authority.folder, 'ca.pem'));
    return (
      server && {
        url: server.url,
        folder,
        ca: authority.ca,
        client: authority.issue('orders'),
        other: { ca: other.ca, client: other.issue('orders') },
        stop: () => server.stop().then(() => rmSync(folder, { recursive: true })),
      }
    );
  },
  (server) => {
    const valid = (): Record<string, string> => {
      const { url, ca, client } = server();
      return { CACHE_URL: url, CACHE_CA: ca, CACHE_CERT: client.certificate, CACHE_KEY: client.key };
    };

    async function expectSharing(env: Env): Promise<void> {
      const settings = { ...sharedEnv(env['CACHE_URL']!), ...env };
      const [one, another] = [await startNode(settings), await startNode(settings)];
      await one.cache.set('key', 'value');
      expect(await another.cache.get('key')).toBe('value');
      expect([one.shared().errors, another.shared().errors]).toEqual([0, 0]);
    }

    it.each(['rediss', 'valkeys'])(
      'is shared by %s: with CACHE_CA, CACHE_CERT and CACHE_KEY',
      async (scheme) => {
        await expectSharing({ ...valid(), CACHE_URL: server().url.replace('rediss', scheme) });
      },
    );

    it('is shared if they are in files, and if platforms write \\n for a line break', async () => {
      const { url, folder } = server();
      const inFiles = Object.entries(valid()).filter(([name]) => name !== 'CACHE_URL');
      const files = inFiles.map(([name, text]) => {
        const path = join(folder, name);
        writeFileSync(path, text, { mode: 0o600 });
        return [`${name}_FILE`, path];
      });
      await expectSharing({ CACHE_URL: url, ...Object.fromEntries(files) });
      const inLines = inFiles.map(([name, text]) => [name, text.replaceAll('\n', '\\n')]);
      await expectSharing({ CACHE_URL: url, ...Object.fromEntries(inLines) });
    });

    const without = (...names: readonly string[]) =>
      Object.fromEntries(Object.entries(valid()).filter(([name]) => !names.includes(name)));
    const FAULTS: readonly (readonly [string, () => Record<string, string>, RegExp])[] = [
      ['no CA', () => without('CACHE_CA'), /unknown CA.*set CACHE_CA/],
      ['another CA', () => ({ ...valid(), CACHE_CA: server().other.ca }), /unknown CA.*set CACHE_CA/],
      [
        'no client certificate',
        () => without('CACHE_CERT', 'CACHE_KEY'),
        /demands a client certificate.*set CACHE_CERT and CACHE_KEY/,
      ],
      [
        'a client certificate of another CA',
        () => {
          const { certificate, key } = server().other.client;
          return { ...valid(), CACHE_CERT: certificate, CACHE_KEY: key };
        },
        /does not accept the certificate in CACHE_CERT|demands a client certificate/,
      ],
    ];

    it.each(FAULTS)(
      'is replaced by the local cache with %s, and check --connect says so',
      async (_name, env, text) => {
        const { problems, output } = await checkConnect(env());
        expect(problems.map(({ name }) => name)).toEqual(['CACHE_URL']);
        expect(`${problems[0]?.message}: ${problems[0]?.fix}`).toMatch(text);
        expect(output).not.toContain(server().client.key.split('\n')[1]);

        const settings = { ...sharedEnv(server().url), ...env(), CACHE_TIMEOUT_MS: '50' };
        const node = await startNode(settings, false);
        await until(() => node.shared().errors > 0);
        await node.cache.set('key', 'own');
        expect(await node.cache.get('key')).toBe('own');
        expect(node.logger.of('warn').join()).toContain('The shared cache fails');
      },
    );

    it('shows its certificate in check --connect', async () => {
      const report = await checkConnect(valid());
      expect(report.problems).toEqual([]);
      expect(factsOf(report, 'CACHE_URL')['tls']).toMatch(/certificate verified, of server/);
    });
  },
);
