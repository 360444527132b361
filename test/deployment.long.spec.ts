import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Service } from 'kubernetes-types/core/v1.js';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.js';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { manifestErrors } from './support/kubernetes.js';
import { markdownPages } from './support/markdown.js';
import { ROOT, run } from './support/run.js';

interface ComposeService {
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly stop_grace_period?: string;
  readonly deploy: { readonly resources: { readonly limits: { readonly memory: string } } };
  readonly [setting: string]: unknown;
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

interface Checked {
  readonly settings: readonly { readonly name: string }[];
  readonly warnings: readonly { readonly id: string }[];
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const composeText = read('docker-compose.yml');
const compose = parse(composeText) as Compose;
const example = compose.services['example']!;

/** A folder with the secrets that the commands in the header of the Compose file create. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deployment-'));
  const commands = [...composeText.matchAll(/^# {3}(.* (?:-m 700|>) ?secrets.*)$/gm)].map(([, line = '']) =>
    line.replace('npm ci && ', '').replace('dist/', `${ROOT}dist/`),
  );
  execFileSync('sh', ['-ec', commands.join('\n')], { cwd: folder });
  return () => rmSync(folder, { recursive: true, force: true });
});

/** The check report of an environment, with the example's own class. */
async function check(env: Readonly<Record<string, string>>) {
  const args = ['check', '--json', '--config', join(ROOT, '.build/example/app.config.js')];
  const { code, stdout } = await run('dist/cli/main.js', { args, env: { NODE_ENV: 'production', ...env } });
  return { code, ...(JSON.parse(stdout) as Checked) };
}

/** Runs an installed program. Without it, the test is skipped, or fails if CI=true. */
function tool(program: string, args: readonly string[], { skip }: TestContext, cwd = ROOT) {
  const result = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (result.error === undefined || !result.error.message.endsWith('ENOENT')) return result;
  if (process.env['CI'] === 'true') throw new Error(`CI must have ${program}`);
  console.warn(`SKIPPED: ${program} is not on this machine`);
  return skip(`${program} is not on this machine`);
}

// The Docker plugin, or the separate program of Debian.
const hasPlugin = spawnSync('docker', ['compose', 'version']).status === 0;
const [composer, ...plugin] = hasPlugin ? (['docker', 'compose'] as const) : (['docker-compose'] as const);

describe('docker-compose.yml', () => {
  it('is valid for Compose, which rejects an unknown key', (context) => {
    const config = (text: string) => {
      writeFileSync(join(folder, 'docker-compose.yml'), text);
      return tool(composer, [...plugin, '--profile', 'example', 'config'], context, folder);
    };
    expect(config(composeText)).toMatchObject({ status: 0 });
    expect(config(composeText.replace('read_only:', 'readonly:')).status).toBeGreaterThan(0);
  });

  it('waits only for services with a health check', () => {
    for (const { depends_on = {} } of Object.values(compose.services)) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe('service_healthy');
        expect(compose.services[name]).toHaveProperty('healthcheck.test');
      }
    }
    expect(read('example/Dockerfile')).toContain('HEALTHCHECK ');
  });

  it('reads each secret from a file that its header explains how to create, and that git ignores', () => {
    for (const { file } of Object.values(compose.secrets)) {
      expect(readFileSync(join(folder, file), 'utf8').trim()).not.toBe('');
    }
    expect(read('.gitignore').split('\n')).toContain('secrets/');
    expect(
      Object.values(compose.services)
        .flatMap(({ secrets = [] }) => secrets)
        .toSorted(),
    ).toEqual(Object.keys(compose.secrets).toSorted());
  });

  it('limits the memory of each service, and gives the example time to drain', () => {
    for (const { deploy } of Object.values(compose.services)) {
      expect(deploy.resources.limits.memory).toMatch(/^\d+M$/);
    }
    const grace = Number.parseInt(example.stop_grace_period!, 10);
    expect(grace).toBeGreaterThan(Number(example.environment!['DRAIN_SECONDS']) + 20);
  });

  it('gives no service a capability, new privileges or a writable file system', () => {
    for (const service of Object.values(compose.services)) {
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
    }
  });

  it('gives the example a valid environment of known settings', async () => {
    const { SECRETS_DIR, ...rest } = example.environment!;
    expect(SECRETS_DIR).toBe('/run/secrets');
    const environment = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, String(value)]),
    );
    const files = example.secrets!.map((name) => [`${name}_FILE`, join(folder, compose.secrets[name]!.file)]);
    const { code, settings, warnings } = await check({ ...environment, ...Object.fromEntries(files) });
    expect(code).toBe(0);
    // The database and the cache are only in the network of this file.
    expect(new Set(warnings.map(({ id }) => id))).toEqual(new Set(['insecure-connection']));
    const known = settings.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining([...Object.keys(environment), ...example.secrets!]));
  });
});

describe('example/kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('example/kubernetes.yaml')).map(
    (document) => document.toJS() as { kind: string; apiVersion: string },
  );
  const [deployment, service, budget, policy] = documents as unknown as [
    Deployment,
    Service,
    PodDisruptionBudget,
    NetworkPolicy,
  ];
  const pod = deployment.spec!.template.spec!;
  const [container] = pod.containers;

  it.each(documents.map((document) => [document.kind, document] as const))(
    'has a %s that matches the API types, without unknown keys',
    (kind, document) => {
      const { apiVersion } = document;
      expect(manifestErrors(document, kind, apiVersion)).toEqual([]);
      expect(manifestErrors({ ...document, spc: {} }, kind, apiVersion).join()).toMatch(
        /spc\W+does not exist/,
      );
    },
  );

  it('selects its own pods, and refers to the port and the volume by their names', () => {
    const { labels } = deployment.spec!.template.metadata!;
    expect(deployment.spec!.selector.matchLabels).toEqual(labels);
    expect(service.spec!.selector).toEqual(labels);
    expect(budget.spec!.selector!.matchLabels).toEqual(labels);
    expect(policy.spec!.podSelector.matchLabels).toEqual(labels);
    const [port] = container!.ports!;
    expect(policy.spec!.ingress!.map(({ ports }) => ports)).toEqual([[{ port: port!.name }]]);
    const probes = [container!.startupProbe, container!.readinessProbe, container!.livenessProbe];
    const paths = ['/livez', '/readyz', '/livez'];
    expect(probes.map((probe) => probe!.httpGet)).toEqual(paths.map((path) => ({ path, port: port!.name })));
    expect(service.spec!.ports![0]!.targetPort).toBe(port!.name);
    expect(container!.volumeMounts!.map(({ name }) => name)).toEqual(pod.volumes!.map(({ name }) => name));
    expect(container!.env).toContainEqual({
      name: 'SECRETS_DIR',
      value: container!.volumeMounts![0]!.mountPath,
    });
  });

  it('meets the restricted Pod Security Standard, with a read-only file system and no account of the API', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.containers.map(({ securityContext }) => securityContext)).toEqual([
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    ]);
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    for (const shared of ['hostNetwork', 'hostPID', 'hostIPC', 'initContainers'])
      expect(pod).not.toHaveProperty(shared);
    expect(pod.volumes!.map((volume) => Object.keys(volume))).toEqual([['name', 'secret']]);
  });

  it('lets only a namespace of proxies send requests, and the pods reach only named ports', () => {
    const { policyTypes, ingress, egress } = policy.spec!;
    expect(policyTypes).toEqual(['Ingress', 'Egress']);
    for (const { from = [] } of ingress!) {
      expect(from.map(({ namespaceSelector }) => Object.keys(namespaceSelector!.matchLabels!))).toEqual([
        ['kubernetes.io/metadata.name'],
      ]);
    }
    expect(egress!.flatMap(({ ports = [] }) => ports.map(({ port }) => port))).toEqual([53, 53, 5432, 6379]);
  });

  it('keeps a pod of two through a drain of nodes and through a rollout', () => {
    expect(deployment.spec!.replicas).toBeGreaterThan(budget.spec!.maxUnavailable as number);
    expect(deployment.spec!.strategy!.rollingUpdate).toMatchObject({ maxUnavailable: 0 });
  });

  it('drains within the termination grace period, with known settings', async () => {
    const env = Object.fromEntries(container!.env!.map(({ name, value }) => [name, value!]));
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(env['DRAIN_SECONDS']) + 20);
    const { SECRETS_DIR: _, ...settings } = env;
    const { code, ...checked } = await check({
      ...settings,
      SECRET_KEY_FILE: join(folder, 'secrets/SECRET_KEY'),
    });
    expect(code).toBe(0);
    expect(checked.settings.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(settings)));
  });
});

describe('every Kubernetes manifest of the pages, and every part of a pod, matches the API types', () => {
  const blocks = markdownPages().flatMap((page) => page.blocks);
  const manifests = blocks
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ page, line, code }) =>
      parseAllDocuments(code).flatMap((document, index) => {
        const manifest = document.toJS() as object;
        const { kind, apiVersion } = manifest as { readonly kind?: string; readonly apiVersion?: string };
        const place = `${page}, line ${line}, document ${index + 1}`;
        if (kind !== undefined && apiVersion !== undefined) return [{ place, manifest, kind, apiVersion }];
        return 'containers' in manifest ? [{ place, manifest, kind: 'PodSpec', apiVersion: 'v1' }] : [];
      }),
    );

  it.each(manifests)('$place: $kind', ({ manifest, kind, apiVersion }) => {
    expect(manifestErrors(manifest, kind, apiVersion)).toEqual([]);
    expect(manifestErrors({ ...manifest, cntainers: [] }, kind, apiVersion)).not.toEqual([]);
  });

  it('the pages contain some', () => {
    expect(manifests.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['ConfigMap', 'PodSpec']));
  });
});

describe('example/catalogue.service', () => {
  const unit = read('example/catalogue.service');

  it('is a valid systemd unit', (context) => {
    const path = join(folder, 'catalogue.service');
    const verify = (text: string) => {
      writeFileSync(path, text.replace('/usr/bin/node', process.execPath));
      return tool('systemd-analyze', ['verify', path], context);
    };
    expect(verify(unit)).toMatchObject({ status: 0, stderr: '' });
    expect(verify(unit.replace('MemoryMax', 'MemoryMx')).stderr).toContain("'MemoryMx'");
  });

  it('has an exposure of at most 1.5, as systemd rates it', (context) => {
    const path = join(folder, 'catalogue.service');
    const rate = (text: string) => {
      writeFileSync(path, text.replace('/usr/bin/node', process.execPath));
      return tool('systemd-analyze', ['security', '--offline=true', '--threshold=15', path], context);
    };
    expect(rate(unit).status).toBe(0);
    expect(rate(unit.replaceAll(/^(SystemCall|Protect).*$/gm, '')).status).not.toBe(0);
  });

  it('passes each secret under the name of its setting, and sets only known settings', async () => {
    const credentials = [...unit.matchAll(/^LoadCredential=(\w+):(\S+)$/gm)];
    for (const [, name, path = ''] of credentials) expect(basename(path)).toBe(name);
    const variables = /^Environment=(.*)$/m
      .exec(unit)![1]!
      .split(' ')
      .map((pair) => pair.split('=')[0]!);
    const { settings } = await check({ SECRET_KEY_FILE: join(folder, 'secrets/SECRET_KEY') });
    const known = settings.map(({ name }) => name);
    expect(known).toEqual(expect.arrayContaining([...variables, ...credentials.map(([, name]) => name)]));
  });

  it('restarts through a database outage without reaching the systemd limit of five starts in 10 s', () => {
    expect(unit).toContain('Restart=on-failure');
    expect(5 * Number(/^RestartSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(10);
  });

  it('starts the same program as the image', () => {
    expect(unit).toContain('.build/example/main.js');
    expect(existsSync(join(ROOT, '.build/example/main.js'))).toBe(true);
  });
});
