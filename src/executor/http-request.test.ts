import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { until } from '../../test/helper/until.js';
import { createHttpClient, hideSecrets } from './http-request.js';
import type { HttpClient, HttpClientOptions, HttpRequest, HttpResult } from './http-request.js';
import { readJson } from './http-json.js';
import { below, shownUrl, targetHeaders, targetSecrets } from './http-target.js';

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await listen(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serveTcp(onConnection: (socket: Socket) => void, secure = false): Promise<number> {
  const sockets = new Set<Socket>();
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  };
  const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../test/fixture/tls', name));
  const server = secure
    ? createTlsServer({ cert: fixture('localhost.crt'), key: fixture('localhost.key') }, accept)
    : createTcpServer(accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => new Promise((resolve) => server.close(resolve)));
  opened.push(() => sockets.forEach((socket) => socket.destroy()));
  return (server.address() as AddressInfo).port;
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => new Promise((resolve) => server.close(resolve)));
  opened.push(() => server.closeAllConnections());
}

function aClient(over: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ clock: new FakeClock(), timeout_ms: 5_000, max_body: 10_000, ...over });
  opened.push(() => client.stop());
  return client;
}

function get(client: HttpClient, url: string, over: Partial<HttpRequest> = {}): Promise<HttpResult> {
  return client.request({ method: 'GET', url: new URL(url), signal: new AbortController().signal, ...over });
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('an HTTP request', () => {
  it('answers status, headers in lower case and body', async () => {
    const url = await serve((request, response) => {
      response.setHeader('X-Asked', `${request.method} ${request.url}`);
      response.end('pong');
    });

    const result = await get(aClient(), `${url}/ping?a=1`);

    expect(result).toMatchObject({ type: 'answer', status: 200, headers: { 'x-asked': 'GET /ping?a=1' } });
    expect(result.type === 'answer' && result.body.toString()).toBe('pong');
  });

  it('says of a refused connection that nothing was sent', async () => {
    const result = await get(aClient(), `http://127.0.0.1:${await freePort()}/`, { method: 'POST', writes: true });

    expect(result).toMatchObject({ type: 'failure', problem: 'refused', begun: false, status: null });
    expect(result.type === 'failure' && result.reason).toContain('connection refused');
  });

  it('says of a name that does not exist that nothing was sent', async () => {
    const result = await get(aClient(), 'http://no-such-host.invalid/');

    expect(result).toMatchObject({ type: 'failure', problem: 'no_such_host', begun: false });
  });

  it('says of a failed TLS handshake that nothing was sent', async () => {
    const url = await serve((_, response) => response.end());

    const result = await get(aClient(), url.replace('http:', 'https:'), { method: 'POST', writes: true });

    expect(result).toMatchObject({ type: 'failure', problem: 'tls', begun: false });
  });

  it('says of a slow answer that the request had begun', async () => {
    let arrived = 0;
    const url = await serve(() => (arrived += 1));

    const clock = new FakeClock();
    const asking = get(aClient({ clock, timeout_ms: 100 }), url, { method: 'POST', writes: true });
    await until('the request', () => arrived > 0);
    await clock.advance(100);
    const result = await asking;

    expect(result).toMatchObject({ type: 'failure', problem: 'timeout', begun: true, status: null });
    expect(result.type === 'failure' && result.reason).toContain('no whole answer within 100 ms');
    expect(arrived).toBe(1);
  });

  it('ends with the signal and closes its connection', async () => {
    let open = 0;
    let seen = 0;
    const port = await serveTcp((socket) => {
      open += 1;
      socket.on('data', () => (seen += 1));
      socket.on('close', () => (open -= 1));
    });
    const cancel = new AbortController();
    const answer = get(aClient(), `http://127.0.0.1:${port}/`, { signal: cancel.signal });
    await until('the request', () => seen > 0);

    cancel.abort();

    expect(await answer).toMatchObject({ type: 'failure', problem: 'aborted', begun: true });
    await until('the connection to be closed', () => open === 0);
  });

  it('sends nothing when the signal was aborted before', async () => {
    let connections = 0;
    const port = await serveTcp(() => (connections += 1));

    const result = await get(aClient(), `http://127.0.0.1:${port}/`, { signal: AbortSignal.abort() });

    expect(result).toMatchObject({ type: 'failure', problem: 'aborted', begun: false });
    expect(connections).toBe(0);
  });

  it('tells an answer that is cut in its body from a whole one', async () => {
    const port = await serveTcp((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
        setImmediate(() => socket.destroy());
      });
    });

    const result = await get(aClient(), `http://127.0.0.1:${port}/`);

    expect(result).toMatchObject({ type: 'failure', problem: 'cut', begun: true, status: 200 });
  });

  it('tells a connection that is closed before any answer', async () => {
    const port = await serveTcp((socket) => socket.once('data', () => socket.destroy()));

    expect(await get(aClient(), `http://127.0.0.1:${port}/`)).toMatchObject({
      problem: 'cut',
      begun: true,
      status: null,
    });
  });

  it('tells what is no HTTP at all', async () => {
    const port = await serveTcp((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));

    expect(await get(aClient(), `http://127.0.0.1:${port}/`)).toMatchObject({ type: 'failure', problem: 'broken' });
  });

  it('stops reading an answer that is too large', async () => {
    const url = await serve((_, response) => {
      const pour = (): boolean => response.write('x'.repeat(65_536)) && setImmediate(pour) !== null;
      response.on('drain', pour);
      pour();
    });

    const result = await get(aClient(), url);

    expect(result).toMatchObject({ type: 'failure', problem: 'too_large', status: 200 });
  });

  it('does not follow a redirect', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/inside' }).end();
      else response.end('inside');
    });

    expect(await get(aClient(), url)).toMatchObject({ type: 'answer', status: 302, headers: { location: '/inside' } });
  });

  it.each([
    ['120', 120_000],
    ['Sat, 21 Nov 2026 10:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['999999', 3_600_000],
    ['soon', null],
  ])('reads Retry-After: %s', async (value, retry_after_ms) => {
    const url = await serve((_, response) => response.writeHead(503, { 'retry-after': value }).end());

    expect(await get(aClient(), url)).toMatchObject({ type: 'answer', status: 503, retry_after_ms });
  });

  it('gives every write a connection of its own', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const client = aClient();

    for (let i = 0; i < 3; i++) await get(client, url, { method: 'POST', writes: true });

    expect(ports.size).toBe(3);
  });

  it('hides credentials and secrets in a reason', async () => {
    const port = await freePort();
    const client = aClient({ secrets: ['s3cret-path'] });

    const result = await get(client, `http://user:hunter22@127.0.0.1:${port}/s3cret-path?token=abcdef&page=2`);

    const reason = result.type === 'failure' ? result.reason : '';
    expect(reason).toContain(`http://127.0.0.1:${port}/***?token=***&page=2`);
    expect(reason).not.toMatch(/hunter22|s3cret-path|abcdef/);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://0251.0376.0251.0376/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
  ])('never connects to the metadata service %s', async (url) => {
    const result = await get(aClient({ timeout_ms: 1_000 }), url);

    expect(result).toMatchObject({ type: 'failure', problem: 'forbidden', begun: false });
  });

  it.each([
    [['10.0.0.0/8'], 'forbidden'],
    [['*.example.com', 'other'], 'forbidden'],
    [['127.0.0.0/8'], null],
    [['127.0.0.1'], null],
    [['::ffff:127.0.0.1'], null],
  ])('keeps to the allowed hosts %j', async (allow_hosts, problem) => {
    const url = await serve((_, response) => response.end());

    const result = await get(aClient({ addresses: { allow_hosts } }), url);

    expect(result.type === 'failure' ? result.problem : null).toBe(problem);
  });

  it('resolves a name before it asks whether its address is allowed', async () => {
    const url = (await serve((_, response) => response.end())).replace('127.0.0.1', 'localhost');

    const allowed = await get(aClient({ addresses: { allow_hosts: ['127.0.0.0/8', '::1'] } }), url);
    const byName = await get(aClient({ addresses: { allow_hosts: ['LOCALHOST'] } }), url);
    const refused = await get(aClient({ addresses: { allow_hosts: ['192.0.2.0/24'] } }), url);

    expect(allowed.type).toBe('answer');
    expect(byName.type).toBe('answer');
    expect(refused).toMatchObject({ type: 'failure', problem: 'forbidden', begun: false });
  });

  it('can be stopped twice and before it was used', async () => {
    const client = aClient();
    await client.stop();
    await client.stop();
  });
});

describe('a connection that was kept, and is closed as it is used again', () => {
  const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npong';

  /** Asks once; answers when the connection stands ready for the next request. */
  async function keep(client: HttpClient, url: string): Promise<void> {
    await get(client, url);
    await turn();
  }

  function turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }

  /** Keeps each connection for one answer; closes it when the next request comes. Whom `mayServe` refuses gets no answer at all. */
  async function forgetful(
    close: (socket: Socket) => void,
    mayServe: (connection: number) => boolean = () => true,
    secure = false,
  ): Promise<{ url: string; asked: string[] }> {
    const asked: string[] = [];
    let connections = 0;
    const port = await serveTcp((socket) => {
      const connection = ++connections;
      let answers = 0;
      socket.on('data', (bytes: Buffer) => {
        asked.push(`${connection} ${bytes.toString().split(' HTTP/')[0]}`);
        if (answers++ === 0 && mayServe(connection)) socket.write(ANSWER);
        else close(socket);
      });
    }, secure);
    return { url: `http${secure ? 's' : ''}://localhost:${port}/`, asked };
  }

  it.each<[string, (socket: Socket) => void]>([
    ['ended', (socket) => socket.end()],
    ['destroyed', (socket) => socket.destroy()],
    ['reset', (socket) => socket.resetAndDestroy()],
  ])('costs a read nothing: it is asked again at once on a new one (%s)', async (_how, close) => {
    const { url, asked } = await forgetful(close);
    const client = aClient();

    await keep(client, url);
    const second = await get(client, url);

    expect(second).toMatchObject({ type: 'answer', status: 200 });
    expect(asked).toEqual(['1 GET /', '1 GET /', '2 GET /']);
  });

  it('costs what only reads nothing, whatever its method', async () => {
    const { url, asked } = await forgetful((socket) => socket.destroy());
    const client = aClient();

    await keep(client, url);
    const search = await get(client, url, { method: 'POST', body: '{}' });

    expect(search).toMatchObject({ type: 'answer', status: 200 });
    expect(asked).toEqual(['1 GET /', '1 POST /', '2 POST /']);
  });

  it('costs many reads nothing that were sent on connections which all went stale', async () => {
    const { url } = await forgetful((socket) => socket.destroy());
    const client = aClient();
    const askAll = (): Promise<HttpResult[]> => Promise.all(Array.from({ length: 20 }, () => get(client, url)));

    await askAll();
    await turn();
    const results = await askAll();

    expect(results.filter((result) => result.type === 'answer')).toHaveLength(20);
  });

  it('is asked again once only', async () => {
    const { url, asked } = await forgetful(
      (socket) => socket.destroy(),
      (connection) => connection === 1,
    );
    const client = aClient();

    await keep(client, url);
    const second = await get(client, url);

    expect(second).toMatchObject({ type: 'failure', problem: 'cut', begun: true, status: null });
    expect(asked).toHaveLength(3);
  });

  it('says that nothing was sent when the server is gone by then', async () => {
    const gone = { now: false };
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket);
      socket.once('data', () => {
        socket.write(ANSWER);
        socket.once('data', () => {
          server.close(() => (gone.now = true));
          socket.destroy();
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push(() => sockets.forEach((socket) => socket.destroy()));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const client = aClient();

    await keep(client, url);
    const second = await get(client, url);

    expect(second).toMatchObject({ type: 'failure', problem: 'refused', begun: false });
    await until('the server to be closed', () => gone.now);
  });

  it('sends nothing again on what was a new one: what ended it may be the request', async () => {
    const { url, asked } = await forgetful(
      (socket) => socket.destroy(),
      () => false,
    );

    expect(await get(aClient(), url)).toMatchObject({ type: 'failure', problem: 'cut' });
    expect(asked).toEqual(['1 GET /']);
  });

  it.each([
    ['asked again when it had been kept', true],
    ['not asked again when it was new', false],
  ])('is told from a new one under TLS as well: %s', async (_what, isServed) => {
    const { url, asked } = await forgetful(
      (socket) => socket.destroy(),
      () => isServed,
      true,
    );
    const client = aClient({ tls: { insecure_skip_verify: true } });

    await keep(client, url);
    const second = await get(client, url);

    expect(second.type).toBe(isServed ? 'answer' : 'failure');
    expect(asked).toEqual(isServed ? ['1 GET /', '1 GET /', '2 GET /'] : ['1 GET /', '2 GET /']);
  });

  it('sends nothing again whose answer had begun', async () => {
    const { url, asked } = await forgetful((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
      setImmediate(() => socket.destroy());
    });
    const client = aClient();

    await keep(client, url);

    expect(await get(client, url)).toMatchObject({ type: 'failure', problem: 'cut', status: 200 });
    expect(asked).toEqual(['1 GET /', '1 GET /']);
  });

  it('never carries a write, which is sent once', async () => {
    const { url, asked } = await forgetful(
      (socket) => socket.destroy(),
      (connection) => connection === 1,
    );
    const client = aClient();

    await keep(client, url);
    const write = await get(client, url, { method: 'POST', writes: true });

    expect(write).toMatchObject({ type: 'failure', problem: 'cut', begun: true });
    expect(asked).toEqual(['1 GET /', '2 POST /']);
  });

  it('is not asked again after its time is over', async () => {
    const clock = new FakeClock();
    const { url, asked } = await forgetful(() => undefined);
    const client = aClient({ clock, timeout_ms: 100 });

    await keep(client, url);
    const second = get(client, url);
    await until('the request', () => asked.length === 2);
    await clock.advance(100);

    expect(await second).toMatchObject({ type: 'failure', problem: 'timeout' });
    expect(asked).toHaveLength(2);
  });
});

describe('reading JSON', () => {
  async function jsonOf(body: string | Buffer, type: string): Promise<ReturnType<typeof readJson>> {
    const url = await serve((_, response) => response.writeHead(200, { 'content-type': type }).end(body));
    const result = await get(aClient({ max_body: 1_000_000 }), url);
    if (result.type === 'failure') throw new Error(result.reason);
    return readJson(result, ['topsecret']);
  }

  it('takes JSON whatever its content type says', async () => {
    expect(await jsonOf('{"a":1}', 'text/plain')).toEqual({ type: 'json', value: { a: 1 } });
  });

  it('shows what came instead, without secrets', async () => {
    const wrong = await jsonOf('<html>login, topsecret', 'text/html');

    expect(wrong).toMatchObject({ type: 'wrong' });
    expect(JSON.stringify(wrong)).toContain('expected JSON, got text/html with status 200');
    expect(JSON.stringify(wrong)).not.toContain('topsecret');
  });

  it('refuses an empty answer and one that is nested without end', async () => {
    expect(await jsonOf('', 'application/json')).toMatchObject({ type: 'wrong' });
    expect(await jsonOf('['.repeat(5_000) + ']'.repeat(5_000), 'application/json')).toMatchObject({ type: 'wrong' });
  });

  it('honours the character set', async () => {
    const gbk = Buffer.from([0x22, 0xd6, 0xa7, 0xb8, 0xb6, 0x22]);
    expect(await jsonOf(gbk, 'application/json; charset=gbk')).toEqual({ type: 'json', value: '支付' });
  });
});

describe('a target', () => {
  it('keeps the path of its address and drops the credentials', () => {
    expect(below('https://u:p@host/prefix/', '/api/v1/query').href).toBe('https://host/prefix/api/v1/query');
  });

  it('turns credentials inside the address into Basic authentication and names them as secrets', () => {
    const target = { url: 'http://me:pa%24s@host' };

    expect(targetHeaders(target)).toEqual({ authorization: `Basic ${Buffer.from('me:pa$s').toString('base64')}` });
    expect(targetSecrets(target)).toContain('pa$s');
  });

  it('shows an address without what is secret in it', () => {
    expect(shownUrl(new URL('http://u:p@h/a?api_key=1&q=2#t'))).toBe('http://h/a?api_key=***&q=2');
    expect(hideSecrets('a topsecret b', ['topsecret', 'a'])).toBe('a *** b');
  });
});
