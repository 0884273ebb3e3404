import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notifier } from '../../src/domain/notifier.js';
import type { Behaviour, Facing, NotifierWorld } from './notifier-suite.js';

/** A request as a vendor's server sees it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

/** An answer as a vendor gives it. */
export interface Given {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A loopback server that answers every request as `answer` says; null: no answer at all, `cut`: the connection is closed. */
export async function openServer(answer: (request: Received) => Given | 'cut' | null): Promise<{
  url: string;
  received: Received[];
  close(): Promise<void>;
}> {
  const received: Received[] = [];
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://loopback');
      const raw = Buffer.concat(chunks).toString('utf8');
      const { method = '', headers } = message;
      const request = { method, path: url.pathname, query: url.searchParams, headers, raw, json: parsed(raw) };
      received.push(request);
      give(response, answer(request));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, received, close: () => closeServer(server) };
}

function give(response: ServerResponse, given: Given | 'cut' | null): void {
  if (given === null) return;
  if (given === 'cut') {
    // Half an answer first: the worst moment.
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"errcode"', () => response.destroy());
    return;
  }
  response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers });
  response.end(given.body);
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function parsed(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

/** What a vendor's own server does. */
export interface Vendor {
  readonly channel: string;
  readonly busy_for_ms: number | null;
  readonly knows_nonsense: boolean;
  /** What is wrong with the request, as the vendor's documentation has it; an empty list: it is taken. */
  judge(request: Received): readonly string[];
  readonly accepted: Given;
  readonly busy: Given;
  build(url: string, timeout: string): { readonly notifier: Notifier; readonly secrets: readonly string[] };
}

/** A world for the shared suite, made of a vendor that is reached by HTTP. */
export function webhookWorld(vendor: Vendor): NotifierWorld {
  return {
    channel: vendor.channel,
    busy_for_ms: vendor.busy_for_ms,
    knows_nonsense: vendor.knows_nonsense,
    async open(behaviour, timeout) {
      const problems: string[] = [];
      const server = await openServer((request) => {
        problems.push(...vendor.judge(request));
        return behave(behaviour, vendor, request);
      });
      const { notifier, secrets } = vendor.build(server.url, timeout);
      if (behaviour === 'is_gone') await server.close();
      return {
        notifier,
        secrets,
        problems: () => problems,
        arrived: () => server.received.length,
        close: () => server.close(),
      } satisfies Facing;
    },
  };
}

function behave(behaviour: Behaviour, vendor: Vendor, request: Received): Given | 'cut' | null {
  const echo = `${request.path}?${request.query.toString()} ${JSON.stringify(request.headers)} ${request.raw}`;
  switch (behaviour) {
    case 'accepts':
      return vendor.accepted;
    case 'broken':
      return { status: 502, body: `upstream failed for ${echo}` };
    case 'busy':
      return vendor.busy;
    case 'cuts':
      return 'cut';
    case 'talks_nonsense':
      return { status: 200, body: `<html>please log in ${echo}</html>` };
    case 'is_silent':
    case 'is_gone':
      return null;
  }
}

/** The keys that a JSON object has beyond those that its vendor knows. */
export function unknownKeys(value: unknown, known: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return ['not an object'];
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `unknown field ${key}`);
}

/** What every vendor asks of a request. */
export function judgeJsonPost(request: Received, path: string): string[] {
  const problems: string[] = [];
  if (request.method !== 'POST') problems.push(`method ${request.method}`);
  if (request.path !== path) problems.push(`path ${request.path}`);
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) problems.push('content-type');
  if (request.json === undefined) problems.push('the body is not JSON');
  return problems;
}
