/** What tells that its other end has gone: a socket, or Node's response. */
export interface Connection {
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<Connection, Waiting>();

/**
 * Calls back once the connection closes; answers with what stops the waiting. One listener serves all, because the
 * client decides how many requests wait on its connection, and Node warns of many listeners.
 */
export function onceClosed(connection: Connection, callback: () => void): () => void {
  const { callbacks, listener } = waiting.get(connection) ?? listenTo(connection);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0 || waiting.get(connection)?.callbacks !== callbacks) return;
    waiting.delete(connection);
    connection.off('close', listener);
  };
}

function listenTo(connection: Connection): Waiting {
  const callbacks = new Set<() => void>();
  const listener = () => {
    waiting.delete(connection);
    for (const callback of callbacks) callback();
  };
  const entry = { callbacks, listener };
  waiting.set(connection, entry);
  connection.once('close', listener);
  return entry;
}
