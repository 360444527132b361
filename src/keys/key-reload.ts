import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type BaseConfig, stateOf } from '../config/index.js';
import { KeyFiles } from './key-files.js';
import { type KeyRing, replaceKeys } from './key-ring.js';

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
  #timer: NodeJS.Timeout | undefined;
  /** The state of the files that the ring was made of. The first look reads them: they may have changed since boot. */
  #adoptedState: string | undefined;
  #refusal: string | undefined;

  constructor(config: BaseConfig, ring: KeyRing) {
    this.#config = config;
    this.#ring = ring;
    this.#files = new KeyFiles(stateOf(config).files);
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
    this.#timer = setInterval(() => this.#look(), seconds * 1000).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { state, isSettled } = this.#files.look();
    if (state === this.#adoptedState || !isSettled) return;
    const { values, problems } = stateOf(this.#config).reread();
    // Two files that were read before and after a change do not belong together.
    if (this.#files.look().state !== state) return;
    const problem = problems[0];
    if (problem !== undefined) return this.#refuse(`${problem.name} ${problem.message}`, state);
    const before = this.#ring.ids;
    replaceKeys(this.#ring, values as unknown as BaseConfig);
    this.#adoptedState = state;
    this.#refusal = undefined;
    const { current, ids } = this.#ring;
    if (ids === before) return;
    this.adopted++;
    this.#logger.log(`Changed key files are adopted: ${current.id} signs, ${ids.join(', ')} verify`);
  }

  /** The files are looked at again: their time may come, or another file that was wrong be corrected. */
  #refuse(reason: string, state: string): void {
    const refusal = `${reason} ${state}`;
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    this.refused++;
    this.#logger.warn(`Changed key files are refused, and the keys of before stay in use: ${reason}`);
  }
}
