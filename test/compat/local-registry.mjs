// A registry on loopback that serves one packed tarball, and redirects npm for every other package.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Serves a tarball. Other names are redirected to the configured registry of npm. */
export async function startRegistry(tarball) {
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const manifest = JSON.parse(
    execFileSync('tar', ['-xzOf', '-', 'package/package.json'], { input: tarball }),
  );
  const { name, version } = manifest;
  const path = `/${name}/-/${name}-${version}.tgz`;

  const server = createServer((request, response) => {
    if (request.url === path) response.end(tarball);
    else if (request.url === `/${name}`) {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: packed() } }),
      );
    } else response.writeHead(302, { location: new URL(request.url.slice(1), upstream).href }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}`;
  const packed = () => {
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    return { ...manifest, dist: { tarball: url + path, integrity } };
  };
  return { url, close: () => server.close() };
}
