import { HttpLoad } from './http-load.js';
import { MeasuredProcess } from './measured-process.js';

// Long enough for garbage collections, short enough that all variants of a round run under the same load.
const ROUND_MS = 80;

/** A server in a process of its own, under load. */
export class MeasuredServer {
  private constructor(
    private readonly process: MeasuredProcess,
    private readonly load: HttpLoad,
  ) {}

  /** @param pathFor returns the path that is requested, once the server listens */
  static async start(
    program: string,
    args: readonly string[],
    pathFor: (port: number) => string | Promise<string>,
  ): Promise<MeasuredServer> {
    const [process, port] = await MeasuredProcess.start(program, ...args);
    return new MeasuredServer(process, await HttpLoad.connect(port as number, await pathFor(port as number)));
  }

  /** Per second of its CPU time: the requests that one core serves if it does nothing else. */
  async requestsPerSecond(): Promise<number> {
    const before = await this.cpuTime();
    const requests = await this.load.run(ROUND_MS);
    return (requests / ((await this.cpuTime()) - before)) * 1000;
  }

  async stop(): Promise<void> {
    this.load.close();
    await this.process.stop();
  }

  private async cpuTime(): Promise<number> {
    return (await this.process.ask('cpuTime')) as number;
  }
}
