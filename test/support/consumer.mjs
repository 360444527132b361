// Projects that install the packed tarball, like applications that adopt the package.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

// The caller's environment, such as NODE_OPTIONS or a key, must not affect the result.
const ENV = { PATH: process.env.PATH, HOME: process.env.HOME, NO_COLOR: '1' };

/** The environment of a service in production. */
export const SERVICE_ENV = {
  SECRET_KEY: 'kFq0W8m3xTzR6vYb1NcJ9sLhUeD2pGaX7iOo5tKw4Qg',
  NODE_ENV: 'production',
  DRAIN_SECONDS: '0',
  // The server of the cache answers later on a busy machine.
  CACHE_TIMEOUT_MS: '5000',
};

/** Of ES modules in `src`. */
export const COMPILER_OPTIONS = {
  module: 'nodenext',
  target: 'es2023',
  strict: true,
  outDir: 'dist',
  rootDir: 'src',
  types: ['node'],
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
};

/**
 * Packs the repository; returns the tarball, its sizes, and a folder that is removed on exit. PACKED_TARBALL names a
 * tarball that is packed already.
 */
export function pack() {
  // Outside the repository, so that its node_modules are not resolved.
  const folder = mkdtempSync(join(tmpdir(), 'consumer-'));
  // By another process: thousands of files take longer than this one should wait.
  process.on('exit', () => spawn('rm', ['-rf', folder], { detached: true, stdio: 'ignore' }).unref());
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const packed = process.env.PACKED_TARBALL;
  if (packed !== undefined) return { folder, tarball: packed };
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // The output of `prepare` comes first.
  const [{ filename, size, unpackedSize }] = JSON.parse(output.replace(/^[^[]*(?=\[\n)/, ''));
  return { folder, tarball: join(folder, filename), size, unpackedSize };
}

/** A folder to run commands in. */
export class Workspace {
  constructor(folder, env = {}) {
    this.folder = folder;
    this.env = { ...ENV, ...env };
  }

  read(path) {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  write(path, content) {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
  }

  /** Runs `npm install` without flags that would hide version conflicts. */
  install(...packages) {
    return this.run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages]);
  }

  node(args, { node = process.execPath, env } = {}) {
    return this.run(node, args, env);
  }

  /** Runs a command to its end: `{ code, stdout, stderr }`. */
  run(command, args, env = {}) {
    return new Promise((resolve) => {
      const options = {
        cwd: this.folder,
        env: { ...this.env, ...env },
        timeout: 300_000,
        maxBuffer: 2 ** 26,
      };
      execFile(command, args, options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
      );
    });
  }

  /**
   * Starts a service, and resolves once `reach` succeeds at its address: `{ url, port, stop, output }`. `stop` sends SIGTERM,
   * with `isGroup` to all processes that the service has started, and resolves to the exit code; `output` returns what was
   * printed.
   */
  async start(args, env, { node = process.execPath, reach = fetch, isGroup = false } = {}) {
    const port = await freePort();
    const service = spawn(node, args, {
      cwd: this.folder,
      env: { ...this.env, ...env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: isGroup,
    });
    let said = '';
    for (const stream of [service.stdout, service.stderr]) stream.on('data', (text) => (said += text));
    const ended = new Promise((resolve) => {
      service.once('close', resolve);
    });
    const isOver = () => service.exitCode !== null || service.signalCode !== null;
    const stop = () => {
      if (isGroup && !isOver()) process.kill(-Number(service.pid), 'SIGTERM');
      else service.kill('SIGTERM');
      return ended;
    };
    const url = `http://127.0.0.1:${port}`;
    try {
      await answering(url, service, reach);
    } catch (error) {
      await stop();
      throw new Error(`${error.message}\n${said}`, { cause: error });
    }
    return { url, port, stop, output: () => said };
  }

  /** Starts a service, runs `use` with its address, `stop` and `output`, and stops it. */
  async serve(args, env, use, options) {
    const { url, stop, output } = await this.start(args, env, options);
    try {
      return await use(url, stop, output);
    } catch (error) {
      throw new Error(`${error.message}\n${output()}`, { cause: error });
    } finally {
      await stop();
    }
  }
}

/** An empty project. */
export class Consumer extends Workspace {
  constructor(folder, manifest = {}) {
    super(folder);
    this.write('package.json', { name: 'consumer', private: true, ...manifest });
  }

  /** Copies a folder of the repository to the project's `src`. */
  copy(source) {
    cpSync(join(ROOT, source), join(this.folder, 'src'), { recursive: true });
  }
}

/** Returns the stdout of a successful command, or throws its output. */
export function succeeded({ code, stdout, stderr }) {
  if (code !== 0) throw new Error(`exit ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Resolves once a condition holds; rejects after a minute. */
export async function until(isSo) {
  const deadline = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not so within a minute: ${isSo}`);
    await delay(50);
  }
}

/** A free local port. */
export async function freePort() {
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

/** Waits for two minutes: a service may be compiled first. */
async function answering(url, service, reach, tries = 1200) {
  try {
    await reach(url);
  } catch (error) {
    if (tries === 0 || service.exitCode !== null)
      throw new Error('the service does not answer', { cause: error });
    await delay(100);
    await answering(url, service, reach, tries - 1);
  }
}
