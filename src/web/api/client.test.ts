import { describe, expect, it } from 'vitest';
import { mayDo } from '../../domain/access/access.js';
import type { Right } from '../../domain/access/access.js';
import { Role } from '../../domain/access/access.js';
import { ApiRefusal, createApi, path, queryText } from './client.js';
import { roleMay } from './session.js';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** An API whose requests are answered by `answer`, and what was sent. */
function anApi(answer: (sent: Sent) => Response | Promise<Response>) {
  const sent: Sent[] = [];
  let signedOut = 0;
  const api = createApi({
    fetch: async (url, init) => {
      const one = { url: url instanceof Request ? url.url : url.toString(), init: init ?? {} };
      sent.push(one);
      return answer(one);
    },
    onSignedOut: () => void (signedOut += 1),
  });
  return { api, sent, signedOut: () => signedOut };
}

const refusal = (status: number, code: string) => () =>
  Response.json({ error: { code, message: `because ${code}`, details: [{ path: 'a', message: 'b' }] } }, { status });

describe('the client', () => {
  it('sends the csrf value with what changes something, and only then', async () => {
    const { api, sent } = anApi(() => Response.json({ ok: true }));
    api.setCsrf('secret');

    await api.request('GET', '/api/v1/runs', { query: { state: 'failed', cursor: null } });
    await api.request('POST', '/api/v1/pause', { body: { reason: 'x' } });

    expect(sent.map(({ url }) => url)).toEqual(['/api/v1/runs?state=failed', '/api/v1/pause']);
    expect(new Headers(sent[0]?.init.headers).has('x-fixpoint-csrf')).toBe(false);
    expect(new Headers(sent[1]?.init.headers).get('x-fixpoint-csrf')).toBe('secret');
    expect(sent[1]?.init.body).toBe('{"reason":"x"}');
  });

  it("tells a refusal in the service's words, with its places", async () => {
    const { api } = anApi(refusal(400, 'invalid'));

    const error = await api.request('GET', '/api/v1/alerts').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ApiRefusal);
    expect(error).toMatchObject({ code: 'invalid', status: 400, message: 'because invalid', details: [{ path: 'a' }] });
  });

  it('says that the session has ended, but not when a token was wrong', async () => {
    const { api, signedOut } = anApi(refusal(401, 'unauthorized'));

    await expect(api.request('POST', '/api/v1/session', { body: {} })).rejects.toThrow('because unauthorized');
    expect(signedOut()).toBe(0);
    await expect(api.request('GET', '/api/v1/runs')).rejects.toThrow('because unauthorized');
    expect(signedOut()).toBe(1);
  });

  it('understands a proxy that answers in its own words, and a network that is not there', async () => {
    const proxy = anApi(() => new Response('<html>Bad gateway</html>', { status: 502 }));
    const broken = anApi(() => Promise.reject(new TypeError('Failed to fetch')));

    await expect(proxy.api.request('GET', '/x')).rejects.toMatchObject({ code: 'unavailable', status: 502 });
    await expect(broken.api.request('GET', '/x')).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('answers nothing for 204', async () => {
    const { api } = anApi(() => new Response(null, { status: 204 }));

    await expect(api.request('DELETE', '/api/v1/session')).resolves.toBeUndefined();
  });

  it('writes addresses', () => {
    expect(path`/api/v1/runs/${'a/b ?'}/events`).toBe('/api/v1/runs/a%2Fb%20%3F/events');
    expect(queryText({ a: ['x', 'y&z'], b: '', c: 0, d: false, e: undefined })).toBe('?a=x&a=y%26z&c=0&d=false');
  });
});

describe('what a role may do', () => {
  it('is what the service lets it do', () => {
    const rights: readonly Right[] = ['post_alerts', 'read', 'operate', 'approve', 'administer'];
    for (const role of Role.options)
      for (const right of rights)
        expect([role, right, roleMay(role, right)]).toEqual([role, right, mayDo(role, right)]);
  });
});
