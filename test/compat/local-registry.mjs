// A registry on loopback that knows one package, a packed tarball, and sends npm elsewhere for every other.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Packs the package in `root` and serves it. Other names are redirected to the registry that npm is configured with. */
export async function startRegistry(root) {
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { cwd: root, encoding: 'utf8' }).trim();
  const { manifest, tarball } = packed(root);
  const { name, version } = manifest;

  const server = createServer((request, response) => {
    if (request.url === `/${name}`) {
      const dist = {
        tarball: `${url(server)}/${name}/-/${name}-${version}.tgz`,
        integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
      };
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          name,
          'dist-tags': { latest: version },
          versions: { [version]: { ...manifest, dist } },
        }),
      );
    } else if (request.url === `/${name}/-/${name}-${version}.tgz`) {
      response.end(tarball);
    } else {
      response.writeHead(302, { location: new URL(request.url.slice(1), upstream).href }).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: url(server), close: () => server.close() };
}

function url(server) {
  return `http://127.0.0.1:${server.address().port}`;
}

function packed(root) {
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  try {
    // `prepare` builds, and what it prints stands before the JSON.
    const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [{ filename }] = JSON.parse(output.replace(/^[^[]*(?=\[\n)/, ''));
    const tarball = readFileSync(join(folder, filename));
    const manifest = JSON.parse(
      execFileSync('tar', ['-xzOf', '-', 'package/package.json'], { input: tarball }),
    );
    return { manifest, tarball };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
