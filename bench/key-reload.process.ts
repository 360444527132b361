import { NestFactory } from '@nestjs/core';
import { ProductionConfigModule } from 'nestjs-production-config';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { serveOperations, timed } from './support/operations.js';

const { SECRET_KEY = '', SECRET_KEY_FALLBACKS = '' } = process.env;
/** The interval of the looks, by which their timer is found. */
const RELOAD_SECONDS = 3_599;
/** Longer than files have to stay unchanged before they are read. */
const SETTLED_MS = 3_000;

// A mounted secret of Kubernetes: each file is a symbolic link to one in the current version, which is a link itself.
const directory = mkdtempSync(join(tmpdir(), 'keys-'));
process.on('exit', () => rmSync(directory, { recursive: true }));
mkdirSync(join(directory, '..v1'));
symlinkSync('..v1', join(directory, '..data'));
const paths = Object.entries({ SECRET_KEY, SECRET_KEY_FALLBACKS }).map(([file, text]) => {
  writeFileSync(join(directory, '..v1', file), text);
  symlinkSync(join('..data', file), join(directory, file));
  return join(directory, file);
});

/** Has the module look at the files whenever it is called, instead of at its interval. */
async function startLooking(): Promise<() => void> {
  const looks: (() => void)[] = [];
  const { setInterval } = globalThis;
  globalThis.setInterval = ((run: () => void, ms: number) => {
    if (ms === RELOAD_SECONDS * 1000) looks.push(run);
    return setInterval(run, ms);
  }) as typeof setInterval;
  const env = {
    NODE_ENV: 'production',
    SECRETS_DIR: directory,
    SECRET_KEY_RELOAD_SECONDS: String(RELOAD_SECONDS),
  };
  await NestFactory.createApplicationContext(ProductionConfigModule.forRoot({ env }), { logger: false });
  const [look] = looks;
  if (look === undefined) throw new Error('the module does not look at the files of its keys');
  // The first look after that reads the files.
  await delay(SETTLED_MS);
  look();
  return look;
}

function readAll(): void {
  for (const path of paths) readFileSync(path, 'utf8');
}

const [, , side] = process.argv;
const look = side === 'ours' ? await startLooking() : readAll;

serveOperations({
  look: (repeat) =>
    timed(() => {
      for (let step = 0; step < repeat; step++) look();
      return repeat;
    }),
});
