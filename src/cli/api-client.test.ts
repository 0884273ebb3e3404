import { createServer as createBare } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeTerminal } from '../../test/helper/cli-io.js';
import { ADMIN_TOKEN, HttpWorld } from '../../test/helper/http-deps.js';
import { until } from '../../test/helper/until.js';
import { createServer } from '../http/server.js';
import { runsList } from './runs.js';

let terminal: FakeTerminal;
let app: FastifyInstance;
let url: string;
let bare: Server | null = null;

beforeEach(async () => {
  terminal = new FakeTerminal();
  terminal.env = { FIXPOINT_TOKEN: ADMIN_TOKEN };
  app = createServer(new HttpWorld().deps());
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  await app.close();
  bare?.closeAllConnections();
  bare?.close();
  bare = null;
});

describe('a command that needs a running Fixpoint', () => {
  it('says where it looked when nobody answers', async () => {
    await app.close();

    expect(await runsList({ url }, terminal.io())).toBe(1);
    expect(terminal.errors[0]).toContain(`Fixpoint does not answer at ${url.slice(0, -1)}: `);
  });

  it('says that it is https where http was meant, and not what the library of TLS says', async () => {
    expect(await runsList({ url: url.replace('http:', 'https:') }, terminal.io())).toBe(1);
    expect(terminal.errors[0]).toMatch(/no TLS is spoken there; is it http:\/\/ that is meant\?$/);
  });

  it.each(['a\nhunter2', '令牌hunter2'])('repeats no token that cannot be sent', async (token) => {
    expect(await runsList({ url, token }, terminal.io())).toBe(2);
    expect(terminal.errors.join()).toContain('expected a token of one line');
    expect(terminal.errors.join()).not.toContain('hunter2');
  });

  it('tells once what the server refuses', async () => {
    expect(await runsList({ url, limit: '0' }, terminal.io())).toBe(2);
    expect(terminal.errors).toEqual(['fixpoint: query limit: expected at least 1, came "0"']);
  });

  it('says how to name a token when none is accepted', async () => {
    terminal.env = {};

    expect(await runsList({ url }, terminal.io())).toBe(1);
    expect(terminal.errors[0]).toContain('FIXPOINT_TOKEN');
  });

  it('takes address and token from the environment, an option before them', async () => {
    terminal.env = { FIXPOINT_URL: url, FIXPOINT_TOKEN: 'wrong', FIXPOINT_ADMIN_TOKEN: ADMIN_TOKEN };
    expect(await runsList({}, terminal.io())).toBe(1);
    expect(await runsList({ token: ADMIN_TOKEN }, terminal.io())).toBe(0);
    terminal.env['FIXPOINT_TOKEN'] = '';
    expect(await runsList({}, terminal.io())).toBe(0);
  });

  it.each(['', 'localhost:8080', 'ftp://x'])('refuses the address "%s"', async (wrong) => {
    expect(await runsList({ url: wrong }, terminal.io())).toBe(2);
  });

  it('is not fooled by another server', async () => {
    bare = createBare((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => bare!.listen(0, '127.0.0.1', resolve));
    const other = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`;

    expect(await runsList({ url: other }, terminal.io())).toBe(1);
    expect(terminal.errors[0]).toContain("something else than this Fixpoint's API");
  });

  it.each([
    ['never answers', false],
    ['stops in the middle of its answer', true],
  ])('does not wait for ever for a server that %s', async (_what, begins) => {
    let asked = 0;
    bare = createBare((_request, response) => {
      asked += 1;
      if (begins) response.writeHead(200, { 'content-length': 100 }).write('{"items":');
    });
    await new Promise<void>((resolve) => bare!.listen(0, '127.0.0.1', resolve));
    const slow = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`;
    let code: number | null = null;

    void runsList({ url: slow }, terminal.io()).then((ended) => (code = ended));
    await until('the request', () => asked === 1);
    await until('the end', async () => {
      await terminal.clock.advance(10_000);
      return code !== null;
    });

    expect(code).toBe(1);
    expect(terminal.errors[0]).toContain(`Fixpoint does not answer at ${slow}: timed out after 30.0 s`);
  });
});
