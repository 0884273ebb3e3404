import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/**
 * Knows of an error whether it ended a connection on which the server had answered before. Such a server is up, and may have closed the
 * connection for being idle at the very moment when the request was sent: while this process or the server is busy, no time limit of
 * ours can rule that out.
 */
export class ReusedConnections {
  readonly #errors = new WeakSet();

  /** The same connector, whose connections are watched. */
  watch(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) => {
      connect(target, (...answer) => {
        const [error, socket] = answer;
        if (error === null) this.#watch(socket);
        callback(...answer);
      });
    };
  }

  /** Whether this error, as the request was told it, is the end of a connection that had served another request. */
  ended(error: unknown): boolean {
    return typeof error === 'object' && error !== null && this.#errors.has(error);
  }

  #watch(socket: Socket): void {
    // A TLS handshake has been read already.
    const before = socket.bytesRead;
    // The client tells all that waits on a connection the very error that ended it.
    socket.prependListener('error', (error) => {
      if (socket.bytesRead > before) this.#errors.add(error);
    });
  }
}
