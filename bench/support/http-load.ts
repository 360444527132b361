import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

// Enough to keep one server busy all the time, and no more.
const CONNECTIONS = 16;

/**
 * Asks a server on this machine for one path, again and again, and answers with how many were answered. It knows
 * the length of an answer after the first and only counts bytes from then on: a client that parsed every answer
 * would be slower than the server, and would be what is measured.
 */
export class HttpLoad {
  private readonly request: string;
  private answerBytes = 0;
  private answered = 0;

  private constructor(
    private readonly sockets: readonly Socket[],
    path: string,
  ) {
    this.request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n`;
  }

  static async connect(port: number, path: string): Promise<HttpLoad> {
    const sockets = Array.from({ length: CONNECTIONS }, () =>
      connect({ port, host: '127.0.0.1', noDelay: true }),
    );
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const load = new HttpLoad(sockets, path);
    load.answerBytes = await load.measureAnswer(sockets[0]!);
    return load;
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
        socket.write(this.request);
      };
      socket.on('data', onData).on('error', reject);
      socket.write(this.request);
    });
  }

  private async measureAnswer(socket: Socket): Promise<number> {
    let answer = '';
    socket.write(this.request);
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
