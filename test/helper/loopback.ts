import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** One request as a loopback server received it. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a loopback server does with a request. `hang` never answers; `cut` ends the connection in the middle of its answer. */
export type Reply =
  | {
      readonly status?: number;
      readonly headers?: Record<string, string>;
      readonly json?: unknown;
      readonly text?: string;
    }
  | 'hang'
  | 'cut'
  | 'close'
  | 'flood';

/** An HTTP server on a port of its own that answers as a test tells it to, and keeps what it was asked. */
export interface Loopback {
  readonly url: string;
  readonly received: readonly Received[];
  /** How many connections are open now. */
  connections(): number;
  /** How many requests wait for an answer on a connection that is still open. */
  pending(): number;
  answer(reply: Reply | ((request: Received) => Reply)): void;
  close(): Promise<void>;
}

/** Starts one; until it is told otherwise it answers `{}`. */
export async function openLoopback(): Promise<Loopback> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<object>();
  let reply: (request: Received) => Reply = () => ({ json: {} });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    waiting.add(response);
    response.on('close', () => waiting.delete(response));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://loopback');
      const got = {
        method: request.method ?? '',
        url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      received.push(got);
      const said = reply(got);
      if (said === 'hang') return;
      if (said === 'close') return void request.socket.destroy();
      if (said === 'cut') {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 }).write('{"half":');
        setImmediate(() => request.socket.destroy());
        return;
      }
      if (said === 'flood') {
        response.writeHead(200, { 'content-type': 'application/json' });
        const pour = (): boolean =>
          !response.destroyed && response.write('x'.repeat(65_536)) && setImmediate(pour) !== null;
        response.on('drain', pour);
        pour();
        return;
      }
      const text = said.text ?? (said.json === undefined ? '' : JSON.stringify(said.json));
      const type = said.json === undefined ? {} : { 'content-type': 'application/json' };
      response.writeHead(said.status ?? 200, { ...type, ...said.headers }).end(text);
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await listening(server);
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    received,
    connections: () => sockets.size,
    pending: () => waiting.size,
    answer: (next) => (reply = typeof next === 'function' ? next : () => next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Below the ports that systems give to connections that go out: one of those would hold a port for as long as it lasts. */
const PORTS = { from: 10_240, to: 20_000 };
const PORT_TRIES = 100;

/** A port of 127.0.0.1 that nobody uses, and that no connection is given by chance. */
export async function freePort(): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    const server = createTcpServer();
    try {
      await listening(server, port);
    } catch (error) {
      if (tries === PORT_TRIES) throw error;
      continue;
    }
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

async function listening(server: Server, port = 0): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
