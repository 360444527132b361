// A project that installs the packed tarball, as an application that adopts the package would.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

// Nothing of the caller's environment, such as NODE_OPTIONS or a key, may decide what happens.
const ENV = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' };

/** Packs the repository; answers with the tarball and a folder that is gone when the process ends. */
export function pack() {
  // Outside the repository, whose node_modules would be found otherwise.
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // What `prepare` prints comes first.
  const [{ filename }] = JSON.parse(output.replace(/^[^[]*(?=\[\n)/, ''));
  return { folder, tarball: join(folder, filename) };
}

export class Consumer {
  constructor(folder, manifest = {}) {
    this.folder = folder;
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true, ...manifest }));
  }

  write(path, content) {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  }

  /** Takes a folder of the repository over as the project's `src`. */
  copy(source) {
    cpSync(join(ROOT, source), join(this.folder, 'src'), { recursive: true });
  }

  /** `npm install`, without a flag that would hide a conflict of versions. */
  install(...packages) {
    return this.run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages]);
  }

  node(args, { node = process.execPath, env } = {}) {
    return this.run(node, args, env);
  }

  /** Runs a command to its end: `{ code, stdout, stderr }`. */
  run(command, args, env = {}) {
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env: { ...ENV, ...env }, encoding: 'utf8', timeout: 300_000 };
      execFile(command, args, options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
      );
    });
  }

  /** Starts a service, runs `use` with its address once it answers, and stops it. */
  async serve(args, env, use, { node = process.execPath } = {}) {
    const port = await freePort();
    const service = spawn(node, args, {
      cwd: this.folder,
      env: { ...ENV, ...env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [service.stdout, service.stderr]) stream.on('data', (text) => (said += text));
    const ended = new Promise((resolve) => {
      service.once('close', resolve);
    });
    try {
      const url = `http://127.0.0.1:${port}`;
      await answering(url, service);
      return await use(url);
    } catch (error) {
      throw new Error(`${error.message}\n${said}`, { cause: error });
    } finally {
      service.kill();
      await ended;
    }
  }
}

/** The command ran to its end without a fault, or what it said. */
export function succeeded({ code, stdout, stderr }) {
  if (code !== 0) throw new Error(`exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

async function answering(url, service, tries = 300) {
  try {
    await fetch(url);
  } catch (error) {
    if (tries === 0 || service.exitCode !== null)
      throw new Error('the service does not answer', { cause: error });
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    await answering(url, service, tries - 1);
  }
}
