import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';

/** The part of a request that the shop's servers look at. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** An answer; an object becomes JSON, a string goes out as it is. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server on the loopback address, and how to stop it. */
export interface Loopback {
  readonly url: string;
  readonly port: number;
  /** Cuts what is open and frees the port; may be called twice. */
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * Serves `answer` over HTTP on 127.0.0.1. A body over 2 MiB is refused with 413, and whatever `answer` throws is told as 500: a server of
 * the shop never takes the process with it.
 */
export async function serveLoopback(port: number, answer: (ask: Ask) => Answer | Promise<Answer>): Promise<Loopback> {
  const server = createServer((request, response) => {
    // Nobody awaits it: `reply` turns every failure into an answer.
    void reply(request, response, answer);
  });
  server.requestTimeout = 30_000;
  await listen(server, port);
  const address = server.address() as AddressInfo; // a TCP server that listens has one
  let stopped: Promise<void> | null = null;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    stop: () => (stopped ??= close(server)),
  };
}

/** Resolves when the server listens on the loopback address; rejects when the port is taken. */
export function listen(server: NetServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The parameters of a GET's query, or of a form that was posted. */
export function formOf(ask: Ask): URLSearchParams {
  const type = ask.headers['content-type'];
  if (ask.method !== 'POST' || typeof type !== 'string' || !type.startsWith('application/x-www-form-urlencoded')) {
    return ask.query;
  }
  const form = new URLSearchParams(ask.query);
  for (const [name, value] of new URLSearchParams(ask.body.toString('utf8'))) form.append(name, value);
  return form;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (ask: Ask) => Answer | Promise<Answer>,
): Promise<void> {
  try {
    const body = await readBody(request);
    if (body === null) {
      send(response, { status: 413, body: 'request entity too large\n', headers: { connection: 'close' } }, true);
      return;
    }
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const method = request.method ?? 'GET';
    const ask: Ask = { method, path: url.pathname, query: url.searchParams, headers: request.headers, body };
    send(response, await answer(ask), method !== 'HEAD');
  } catch (error) {
    if (response.headersSent || response.destroyed) return;
    send(
      response,
      { status: 500, body: `internal error: ${error instanceof Error ? error.message : 'unknown'}\n` },
      true,
    );
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, answer: Answer, withBody: boolean): void {
  const isText = typeof answer.body === 'string';
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
  const body = Buffer.from(text, 'utf8');
  response.writeHead(answer.status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    'content-length': body.length,
    ...answer.headers,
  });
  response.end(withBody ? body : undefined);
}
