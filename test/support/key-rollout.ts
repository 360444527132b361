import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { AppProcess } from './app-process.js';
import type { Credential } from './fleet.js';
import type { Random } from './random.js';

/** The settings of a stage of a rotation. */
export interface Keys {
  readonly SECRET_KEY: string;
  readonly SECRET_KEY_FALLBACKS?: string;
}

/** The key files of the nodes of a fleet, as Kubernetes mounts them. */
export class KeyFiles {
  private readonly root = mkdtempSync(join(tmpdir(), 'keys-'));
  private version = 0;

  constructor() {
    onTestFinished(() => rmSync(this.root, { recursive: true }));
  }

  /** Writes the first files of a node. Returns the environment of a process that adopts changed ones. */
  first(node: number, keys: Keys): Readonly<Record<string, string>> {
    const directory = this.write(node, keys);
    for (const file of ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'])
      symlinkSync(join('..data', file), join(directory, file));
    return { SECRET_KEY: '', SECRETS_DIR: directory, SECRET_KEY_RELOAD_SECONDS: '1' };
  }

  /** Replaces the files of a node at once. Returns their directory. */
  write(node: number, keys: Keys): string {
    const directory = join(this.root, String(node));
    const name = `..v${this.version++}`;
    mkdirSync(join(directory, name), { recursive: true });
    const { SECRET_KEY, SECRET_KEY_FALLBACKS = SECRET_KEY } = keys;
    for (const [file, text] of Object.entries({ SECRET_KEY, SECRET_KEY_FALLBACKS }))
      writeFileSync(join(directory, name, file), text);
    symlinkSync(name, join(directory, '..next'));
    renameSync(join(directory, '..next'), join(directory, '..data'));
    return directory;
  }
}

/** The keys of a stage, the first one first. */
export const textsOf = ({ SECRET_KEY, SECRET_KEY_FALLBACKS }: Keys) => [
  SECRET_KEY,
  ...(SECRET_KEY_FALLBACKS?.split(',') ?? []),
];

/** What the fleet did with credentials. */
export class Traffic {
  verified = 0;
  readonly refused: string[] = [];
  readonly forged: Credential[] = [];
  private isOver = false;

  constructor(
    private readonly nodes: AppProcess[],
    private readonly random: Random,
  ) {}

  /** One node issues, any other one verifies at once; a node that was replaced meanwhile does not count. */
  async run(): Promise<void> {
    while (!this.isOver) {
      const [from, to] = [this.random.pick(this.nodes), this.random.pick(this.nodes)];
      const issued = await whileRunning(from.ask<Credential[]>('issue', `user-${this.random.below(1e6)}`));
      const refused = issued && (await whileRunning(to.ask<string[]>('refused', issued)));
      const forged = issued && (await whileRunning(to.ask<Credential[]>('deceivedBy', issued)));
      this.verified += refused === undefined ? 0 : issued!.length;
      this.refused.push(...(refused ?? []));
      this.forged.push(...(forged ?? []));
      // The processes that start meanwhile need the processor.
      await delay(20);
    }
  }

  end(): void {
    this.isOver = true;
  }
}

/** Undefined if the process ends before it answers. */
function whileRunning<T>(answer: Promise<T>): Promise<T | undefined> {
  return Promise.race([answer.catch(() => undefined), delay(2_000, undefined, { ref: false })]);
}
