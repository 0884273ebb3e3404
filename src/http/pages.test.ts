import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, HttpFace } from '../../test/helper/http-face.js';

const face = new HttpFace();
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

let root = '';
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'fixpoint-web-'));
  const { config } = face.world.deps();
  await face.open(face.world.deps({ config: { ...config, webDir: join(root, 'web') } }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function build(): void {
  put('web/index.html', '<!doctype html><title>Fixpoint</title>');
  put('web/assets/app-1a2b3c.js', 'console.log(1)');
  put('web/assets/app-1a2b3c.js.br', 'BR');
  put('web/assets/app-1a2b3c.js.gz', 'GZ');
  put('web/assets/deep/font-9f.woff2', 'FONT');
  put('web/favicon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
  put('secret.txt', 'SECRET');
  put('web.js', 'SECRET');
}

const get = (url: string, headers: Record<string, string> = {}) => face.get(url, headers);

describe('the pages', () => {
  it.each([
    '/',
    '/alerts',
    '/alerts/01KAJ0',
    '/runs/01KAJ0/steps/check',
    '/approvals',
    '/playbooks/PB-1',
    '/rules',
    '/incidents/',
    '/silences?state=active',
    '/system',
  ])('are one document, without a credential: %s', async (url) => {
    build();
    const answer = await get(url);

    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('<!doctype html><title>Fixpoint</title>');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
    });
  });

  it('say to a browser that brings no session that it brings none: it has nothing to ask', async () => {
    put('web/index.html', '<!doctype html><html lang="en"><title>Fixpoint</title></html>');
    put('web/index.html.br', 'BR');
    const cookie = `fixpoint_session=${'s'.repeat(43)}`;

    const stranger = await get('/', { 'accept-encoding': 'br' });
    const known = await get('/', { cookie });
    const packed = await get('/', { cookie, 'accept-encoding': 'br' });

    expect(stranger.body).toContain('<html data-signed-out lang="en">');
    expect(known.body).toContain('<html lang="en">');
    expect(packed.body).toBe('BR');
    expect(stranger.headers.vary).toBe('accept-encoding, cookie');
    expect(new Set([stranger, known, packed].map(({ headers }) => headers.etag)).size).toBe(3);
  });

  it('are not sent again to who has them', async () => {
    build();
    const { etag } = (await get('/')).headers;
    const again = await get('/runs', { 'if-none-match': `"other", W/${String(etag)}` });

    expect(again.statusCode).toBe(304);
    expect(again.body).toBe('');
    expect(again.headers).toMatchObject({ etag, 'content-security-policy': POLICY });
    expect((await get('/', { 'if-none-match': '"other"' })).statusCode).toBe(200);
  });

  it('answer HEAD with what GET would say', async () => {
    build();
    const answer = await face.app.inject({ method: 'HEAD', url: '/runs' });

    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe('');
    expect(answer.headers['content-length']).toBe('38');
  });

  it('say how they are built where they are not, and are there as soon as they are', async () => {
    const missing = await get('/');
    expect(missing.statusCode).toBe(503);
    expect(missing.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(missing.body).toContain('npm run build');

    build();
    expect((await get('/')).statusCode).toBe(200);
  });

  it('are read again when they were built anew', async () => {
    build();
    await get('/');
    put('web/index.html', '<!doctype html>new');
    put('web/assets/app-new.js', 'new');
    utimesSync(join(root, 'web/index.html'), new Date(), new Date(Date.parse('2030-01-01T00:00:00Z')));

    expect((await get('/')).body).toBe('<!doctype html>new');
    expect((await get('/assets/app-new.js')).body).toBe('new');
  });

  it('leave the paths of the API what they are', async () => {
    build();
    for (const url of ['/api/v1/nothing', '/api', '/nothing', '/run']) {
      const answer = await get(url);
      expect([url, answer.statusCode, errorOf(answer).code]).toEqual([url, 404, 'not_found']);
    }
    expect((await face.post('/alerts', {}, {})).statusCode).toBe(404);
    expect((await get('/healthz')).json()).toMatchObject({ status: 'ok' });
    expect((await get('/openapi.json')).statusCode).toBe(401);
  });
});

describe('what pages load', () => {
  beforeEach(build);

  it('may be kept for ever, because its name tells its content', async () => {
    const answer = await get('/assets/app-1a2b3c.js');

    expect(answer.body).toBe('console.log(1)');
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      vary: 'accept-encoding',
    });
    expect((await get('/assets/deep/font-9f.woff2')).headers['content-type']).toBe('font/woff2');
    expect((await get('/favicon.svg')).headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'cache-control': 'no-cache',
      'content-security-policy': POLICY,
    });
  });

  it.each([
    ['gzip, deflate, br', 'br', 'BR'],
    ['gzip', 'gzip', 'GZ'],
    ['br;q=0, gzip;q=0.5', 'gzip', 'GZ'],
    ['*', 'br', 'BR'],
    ['*, br;q=0', 'gzip', 'GZ'],
    ['br;q=0.000, *;q=0', undefined, 'console.log(1)'],
    ['identity', undefined, 'console.log(1)'],
  ])('is packed as the browser takes it: %s', async (accepted, encoding, body) => {
    const answer = await get('/assets/app-1a2b3c.js', { 'accept-encoding': accepted });

    expect([answer.headers['content-encoding'], answer.body]).toEqual([encoding, body]);
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it('has another tag in another packing', async () => {
    const [plain, packed] = [
      await get('/assets/app-1a2b3c.js'),
      await get('/assets/app-1a2b3c.js', { 'accept-encoding': 'br' }),
    ];

    expect(plain.headers['etag']).not.toBe(packed.headers['etag']);
  });

  it('is nothing outside the folder, however the path is written', async () => {
    await face.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = face.app.server.address() as AddressInfo;
    const paths = [
      '/assets/../../secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/assets/%2e%2e/%2e%2e/secret.txt',
      '/assets/..\\..\\secret.txt',
      '/assets/..%5c..%5csecret.txt',
      '/assets/%252e%252e%252f%252e%252e%252fsecret.txt',
      '/assets//../../secret.txt',
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e%2fsecret.txt',
      '/assets/../../web.js',
      '/assets/app-1a2b3c.js%00.txt',
      '/assets/',
      '/assets',
      '/assets/deep',
      '/assets/app-1a2b3c.js.br',
      '/assets/%ff',
      `/assets/${join(root, 'secret.txt')}`,
      `/assets/${encodeURIComponent(join(root, 'secret.txt'))}`,
    ];
    for (const path of paths) {
      const answer = await raw(port, path);
      expect([path, /^HTTP\/1\.1 (4\d\d) /.exec(answer)?.[1]]).toEqual([path, expect.stringMatching(/^40[04]$/)]);
      expect(answer).not.toContain('SECRET');
    }
  });
});

/** A path as it is written: clients would tidy it up. */
function raw(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = '';
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    });
    socket
      .on('data', (chunk) => (all += chunk.toString()))
      .on('end', () => resolve(all))
      .on('error', reject);
  });
}
