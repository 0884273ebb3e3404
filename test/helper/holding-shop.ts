import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a playbook asks in a test: it holds every answer until it is told to let go, so that runs stay open for as long as is wanted. */
export class HoldingShop {
  readonly #held: ServerResponse[] = [];
  #server: Server | null = null;
  #holding = true;

  /** Where it listens; only after `start`. */
  get url(): string {
    const address = this.#server?.address() as AddressInfo; // it listens on a port, never on a path
    return `http://127.0.0.1:${address.port}`;
  }

  start(): Promise<void> {
    this.#holding = true;
    const server = createServer((_request, response) => {
      if (this.#holding) this.#held.push(response);
      else response.end('{}');
    });
    this.#server = server;
    return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  }

  /** Answers what waits, and from now on everything at once. */
  release(): void {
    this.#holding = false;
    for (const response of this.#held.splice(0)) response.end('{}');
  }

  /** What is asked from now on waits again. */
  hold(): void {
    this.#holding = true;
  }

  /** May be called twice, or before start. */
  stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return Promise.resolve();
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}
