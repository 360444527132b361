import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

// Enough to keep one server busy all the time, and no more.
const CONNECTIONS = 16;

/**
 * Sends requests to a server on this machine and returns how many were answered. It learns the length of a response from
 * the first one and then only counts bytes: a client that parsed every response would be slower than the server, and so
 * would be measured instead.
 */
export class HttpLoad {
  private answerBytes = 0;
  private answered = 0;

  private constructor(
    private readonly sockets: readonly Socket[],
    private readonly path: () => string,
  ) {}

  /** @param path a path, or a function that returns one for each request; all responses have the same length */
  static async connect(port: number, path: string | (() => string)): Promise<HttpLoad> {
    const sockets = Array.from({ length: CONNECTIONS }, () =>
      connect({ port, host: '127.0.0.1', noDelay: true }),
    );
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const load = new HttpLoad(sockets, typeof path === 'string' ? () => path : path);
    await load.measure();
    return load;
  }

  /** Sends one request, and expects the length of its response from now on. */
  async measure(): Promise<void> {
    this.answerBytes = await this.measureAnswer(this.sockets[0]!);
  }

  async run(milliseconds: number): Promise<number> {
    this.answered = 0;
    const end = performance.now() + milliseconds;
    await Promise.all(this.sockets.map((socket) => this.repeat(socket, end)));
    return this.answered;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private request(): string {
    return `GET ${this.path()} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n`;
  }

  private repeat(socket: Socket, end: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let missing = this.answerBytes;
      const onData = (chunk: Buffer) => {
        missing -= chunk.length;
        if (missing > 0) return;
        this.answered++;
        if (missing < 0 || performance.now() >= end) {
          socket.off('data', onData).off('error', reject);
          return missing < 0 ? reject(new Error('an answer of another length')) : resolve();
        }
        missing = this.answerBytes;
        socket.write(this.request());
      };
      socket.on('data', onData).on('error', reject);
      socket.write(this.request());
    });
  }

  private async measureAnswer(socket: Socket): Promise<number> {
    let answer = '';
    socket.write(this.request());
    for (;;) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      answer += chunk.toString('latin1');
      const body = answer.indexOf('\r\n\r\n') + 4;
      const length = /^content-length: (\d+)/im.exec(answer)?.[1];
      if (body < 4) continue;
      if (!answer.startsWith('HTTP/1.1 200') || length === undefined) throw new Error(answer.slice(0, body));
      if (answer.length >= body + Number(length)) return answer.length;
    }
  }
}
