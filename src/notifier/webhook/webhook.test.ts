import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { aNotice, notifierSuite } from '../../../test/contract/notifier-suite.js';
import { judgeJsonPost, openServer, unknownKeys, webhookWorld } from '../../../test/contract/webhook-world.js';
import type { Given, Received } from '../../../test/contract/webhook-world.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { webhook } from './webhook.js';

/** A message bears this date, and its time limit is a real one. */
const TICKING = { ...SYSTEM_CLOCK, now: () => Date.parse('2026-11-21T10:00:00.000Z') };
const SECRET = 'signing-key-0123456789';
const TOKEN = 'Bearer receiver-token-abcdef';
const PATH = '/hooks/a1b2c3d4e5f6';
const FIELDS = ['notice_id', 'sent_at', 'subject', 'text', 'html', 'severity', 'link', 'recipients'];

/** What a careful receiver asks for. */
function judge(request: Received): string[] {
  const problems = judgeJsonPost(request, PATH);
  const expected = `sha256=${createHmac('sha256', SECRET).update(request.raw).digest('hex')}`;
  if (request.headers['x-fixpoint-signature'] !== expected) problems.push('signature');
  if (request.headers.authorization !== TOKEN) problems.push('authorization');
  const body = request.json as Record<string, unknown>;
  problems.push(...unknownKeys(body, FIELDS));
  for (const field of FIELDS) if (!(field in body)) problems.push(`no ${field}`);
  if (request.headers['idempotency-key'] !== body.notice_id) problems.push('idempotency-key');
  if (body.sent_at !== '2026-11-21T10:00:00.000Z') problems.push('sent_at');
  return problems;
}

function create(url: string, over: Record<string, unknown> = {}) {
  const config = { url: `${url}${PATH}`, secret: SECRET, headers: { Authorization: TOKEN }, ...over };
  return webhook.create(webhook.config.parse(config), { clock: TICKING });
}

notifierSuite(
  webhookWorld({
    channel: 'webhook',
    busy_for_ms: 7_000,
    knows_nonsense: false,
    judge,
    accepted: { status: 204, body: '' },
    busy: { status: 503, body: 'later', headers: { 'retry-after': 'Sat, 21 Nov 2026 10:00:07 GMT' } },
    build: (url, timeout) => ({ notifier: create(url, { timeout }), secrets: [SECRET, TOKEN, 'a1b2c3d4e5f6'] }),
  }),
);

describe('webhook', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function answering(given: Given, over: Record<string, unknown> = {}) {
    const server = await openServer(() => given);
    const notifier = create(server.url, over);
    closing.push(() => notifier.stop(), server.close);
    return { notifier, received: server.received };
  }

  it('sends the notice as it is, byte for byte what was signed', async () => {
    const { notifier, received } = await answering({ status: 200, body: '' });
    const notice = aNotice({ recipients: ['a@example.com'] });

    await notifier.send(notice, new AbortController().signal);

    expect(received[0]?.json).toEqual({ ...notice, channels: undefined, sent_at: '2026-11-21T10:00:00.000Z' });
  });

  it('does not follow a redirect, and does not tell where it led', async () => {
    const { notifier, received } = await answering({
      status: 302,
      body: '',
      headers: { location: 'http://169.254.169.254/latest/meta-data/' },
    });

    const result = await notifier.send(aNotice(), new AbortController().signal);

    expect(result).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(result)).not.toContain('169.254');
    expect(received).toHaveLength(1);
  });

  it('signs nothing where there is no key', async () => {
    const { notifier, received } = await answering({ status: 200, body: '' }, { secret: undefined });

    await notifier.send(aNotice(), new AbortController().signal);

    expect(received[0]?.headers).not.toHaveProperty('x-fixpoint-signature');
  });

  it.each([
    [{ headers: { 'Content-Length': '1' } }, /set by Fixpoint/],
    [{ headers: { 'X-A': 'a\r\nX-B: b' } }, /one line/],
    [{ headers: { 'bad name': 'x' } }, /name of an HTTP header/],
    [{ url: 'ftp://example.com' }, /https:\/\//],
    [{ url: 'https://user:hunter22@example.com/' }, /without user name/],
    [{ url: 'http://169.254.169.254/latest/' }, /metadata/],
    [{ url: 'http://[::ffff:169.254.169.254]/' }, /metadata/],
    [{ timeout: '2m' }, /100ms to 60s/],
    [{ colour: 'red' }, /colour/],
  ])('refuses the configuration %j and never repeats a value of it', (over, message) => {
    const parsed = webhook.config.safeParse({ url: 'https://example.com/hook', ...over });

    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).toMatch(message);
    expect(parsed.error?.message).not.toMatch(/hunter22|169\.254/);
  });
});
