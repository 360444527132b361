import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { errorName } from '../common/error-name.js';
import { ProductionConfigError } from '../common/production-config.error.js';
import { type BaseConfig, showTime, stateOf } from '../config/index.js';
import { KeyFiles } from './key-files.js';
import { type KeyRing, replaceKeys, stopKeys } from './key-ring.js';

/** Writers may fill a file in several steps, or write one of two files first: only what stays is adopted. */
const SETTLED_MS = 2_500;

/** Adopts changed key files while the process runs. Whatever is wrong with them, the ring keeps its keys. */
export class KeyReload implements OnApplicationBootstrap, OnApplicationShutdown {
  /** How often changed files were adopted. */
  adopted = 0;
  /** How often changed files were refused. */
  refused = 0;
  readonly #logger = new Logger('KeyRing');
  readonly #config: BaseConfig;
  readonly #ring: KeyRing;
  readonly #files: KeyFiles;
  readonly #timers: NodeJS.Timeout[] = [];
  /** The state of the files at the last look, and since when they have it. */
  #seen = { state: '', at: 0 };
  /** The file state that the ring has adopted. Unset at first: the files may have changed since the boot. */
  #adoptedState: string | undefined;
  #refusal: string | undefined;

  constructor(config: BaseConfig, ring: KeyRing) {
    this.#config = config;
    this.#ring = ring;
    this.#files = new KeyFiles(stateOf(config));
  }

  onApplicationBootstrap(): void {
    const seconds = this.#config.SECRET_KEY_RELOAD_SECONDS;
    if (seconds === 0) return;
    if (this.#files.isEmpty) {
      this.#logger.warn(
        'SECRET_KEY_RELOAD_SECONDS has no effect, because SECRET_KEY is not in a file: mount it as one',
      );
      return;
    }
    this.#seen = { state: this.#files.look(), at: performance.now() };
    this.#timers.push(setInterval(() => this.#look(), seconds * 1000).unref());
  }

  onApplicationShutdown(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    stopKeys(this.#ring);
  }

  #look(): void {
    const state = this.#files.look();
    if (state !== this.#seen.state) {
      this.#seen = { state, at: performance.now() };
      this.#timers[1] = setTimeout(() => this.#look(), SETTLED_MS).unref();
    }
    if (state === this.#adoptedState) this.#refusal = undefined;
    else if (performance.now() - this.#seen.at >= SETTLED_MS) this.#read(state);
  }

  #read(state: string): void {
    try {
      const { values, problems } = stateOf(this.#config).reread();
      // Two files that were read before and after a change do not belong together.
      if (this.#files.look() !== state) return;
      const problem = problems[0];
      if (problem !== undefined) return this.#refuse(`${problem.name} ${problem.message}`, state);
      const { isChanged, next } = replaceKeys(this.#ring, values as unknown as BaseConfig);
      this.#adoptedState = state;
      this.#refusal = undefined;
      if (isChanged) this.#report(next);
    } catch (error) {
      // A rule or a provider of the application may throw anything.
      this.#refuse(
        error instanceof ProductionConfigError ? error.message : `${errorName(error)} was thrown`,
        state,
      );
    }
  }

  #report(next: number | undefined): void {
    this.adopted++;
    const { current, ids } = this.#ring;
    const change = next === undefined ? '' : `; the next key signs from ${showTime(next)} on`;
    this.#logger.log(`Changed key files are adopted: ${current.id} signs, ${ids.join(', ')} verify${change}`);
  }

  /** The files are read again at each look: their time may come, or another file that was wrong be corrected. */
  #refuse(reason: string, state: string): void {
    const refusal = `${reason} ${state}`;
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    this.refused++;
    this.#logger.warn(`Changed key files are refused, and the previous keys stay in use: ${reason}`);
  }
}
