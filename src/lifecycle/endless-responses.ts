import type { ServerResponse } from 'node:http';

/** Ends the responses that would never end by themselves, or only after a long time, as their protocols have it. */
export class EndlessResponses {
  private readonly ended = new WeakSet<ServerResponse>();

  /** Ends a response if it is an event stream or a long poll of Socket.IO. */
  end(response: ServerResponse): void {
    if (response.req.method !== 'GET' || this.ended.has(response)) return;
    if (isEventStream(response)) endStream(response);
    else if (isPoll(response)) endPoll(response);
    else return;
    this.ended.add(response);
    // Later writes of the application fail.
    response.on('error', () => undefined);
  }
}

function endStream(stream: ServerResponse): void {
  stream.end();
  // In HTTP/2, such a write would also reset the stream before its end is sent.
  if (stream.req.httpVersionMajor >= 2) stream.write = failingWrite;
}

function failingWrite(...args: unknown[]): boolean {
  const callback = args.at(-1);
  if (typeof callback === 'function') process.nextTick(callback, new Error('the event stream has ended'));
  return false;
}

/** The headers as Node serializes them: it stores headers that were passed to `writeHead` only there. */
const HEADER_TEXT = '_header';

/** A response to another method than GET is made for one request, and has an end. */
function isEventStream(response: ServerResponse & { readonly [HEADER_TEXT]?: string | null }): boolean {
  if (!response.headersSent) return false;
  const type = response.getHeader('content-type') ?? response[HEADER_TEXT] ?? '';
  return String(type).toLowerCase().includes('text/event-stream');
}

// https://socket.io/docs/v4/engine-io-protocol: the packet by which a side closes the connection.
const CLOSE_PACKET = '1';

/** Socket.IO responds to a poll once it has something to send, and at the latest with its ping, by default after 25 s. */
function isPoll({ headersSent, req: { url = '' } }: ServerResponse): boolean {
  if (headersSent) return false;
  const query = new URLSearchParams(url.split('?', 2)[1]);
  return query.get('transport') === 'polling' && query.get('EIO') === '4';
}

function endPoll(poll: ServerResponse): void {
  poll.writeHead(200, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(CLOSE_PACKET);
  // The library sees that the request is closed, and responds to it once more, which would throw.
  poll.writeHead = () => poll;
}
