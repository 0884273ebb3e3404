import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { aNotice, notifierSuite } from '../../../test/contract/notifier-suite.js';
import { judgeJsonPost, openServer, unknownKeys, webhookWorld } from '../../../test/contract/webhook-world.js';
import type { Given, Received } from '../../../test/contract/webhook-world.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { Clock } from '../../domain/clock.js';
import { dingtalk } from './dingtalk.js';

const TOKEN = '566cc69da782ec33e42541b6a4ab7cdeabcdef';
const SECRET = 'SECtest0123456789';

/** DingTalk's rules for a custom robot with a signature. */
function judge(request: Received): string[] {
  const problems = judgeJsonPost(request, '/robot/send');
  const { query } = request;
  if (query.get('access_token') !== TOKEN) problems.push('token is not exist');
  const timestamp = query.get('timestamp') ?? '';
  if (Math.abs(Date.now() - Number(timestamp)) > 3_600_000) problems.push('invalid timestamp');
  const expected = createHmac('sha256', SECRET).update(`${timestamp}\n${SECRET}`).digest('base64');
  if (query.get('sign') !== expected) problems.push('sign not match');
  if (Buffer.byteLength(request.raw) > 20_000) problems.push(`body of ${Buffer.byteLength(request.raw)} bytes`);
  const body = request.json as {
    msgtype?: string;
    markdown?: { title?: string; text?: string };
    at?: { atMobiles?: unknown; atUserIds?: unknown; isAtAll?: unknown };
  };
  problems.push(...unknownKeys(body, ['msgtype', 'markdown', 'at']));
  problems.push(...unknownKeys(body.markdown, ['title', 'text']));
  problems.push(...unknownKeys(body.at, ['atMobiles', 'atUserIds', 'isAtAll']));
  if (body.msgtype !== 'markdown') problems.push('msgtype');
  if (!body.markdown?.title || !body.markdown.text) problems.push('title and text must not be empty');
  if (/\]\(https:\/\/evil/.test(body.markdown?.text ?? '')) problems.push('a foreign link');
  if (!Array.isArray(body.at?.atMobiles) || typeof body.at.isAtAll !== 'boolean') problems.push('at');
  return problems;
}

function create(url: string, over: Record<string, unknown> = {}, clock: Clock = SYSTEM_CLOCK) {
  const config = { url: `${url}/robot/send?access_token=${TOKEN}`, secret: SECRET, ...over };
  return dingtalk.create(dingtalk.config.parse(config), { clock });
}

notifierSuite(
  webhookWorld({
    channel: 'dingtalk',
    busy_for_ms: 60_000,
    knows_nonsense: true,
    judge,
    accepted: { status: 200, body: '{"errcode":0,"errmsg":"ok"}' },
    busy: { status: 200, body: '{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}' },
    build: (url, timeout) => ({ notifier: create(url, { timeout }), secrets: [TOKEN, SECRET] }),
  }),
);

describe('dingtalk', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function answering(given: Given, over: Record<string, unknown> = {}, clock: Clock = SYSTEM_CLOCK) {
    const server = await openServer(() => given);
    const notifier = create(server.url, over, clock);
    closing.push(() => notifier.stop(), server.close);
    return { notifier, received: server.received };
  }

  const ok = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };

  it('signs as the published example does', async () => {
    const { notifier, received } = await answering(ok, {}, new FakeClock(new Date(1_700_000_000_000).toISOString()));

    await notifier.send(aNotice(), new AbortController().signal);

    expect(received[0]?.query.get('timestamp')).toBe('1700000000000');
    expect(received[0]?.query.get('sign')).toBe('yBKp5IlG6qCzcQWmgyRK/ziJBdVNJmHfFE2ST/CzT/g=');
  });

  it('sends no signature where none is configured, and makes the address from a token alone', async () => {
    const { notifier, received } = await answering(ok, { secret: undefined });

    await notifier.send(aNotice(), new AbortController().signal);

    expect([...(received[0]?.query.keys() ?? [])]).toEqual(['access_token']);
    expect(dingtalk.config.safeParse({ access_token: TOKEN }).success).toBe(true);
    expect(dingtalk.config.safeParse({}).success).toBe(false);
  });

  it.each([
    [310000, 'sign not match, more: [https://ding-doc.dingtalk.com/doc]', false, /notifiers\.dingtalk\.secret/],
    [310000, 'keywords not in content, more: [https://ding-doc.dingtalk.com/doc]', false, /keyword/],
    [310000, 'ip 203.0.113.7 not in whitelist', false, /security settings/],
    [300001, 'token is not exist', false, /access token/],
    [430101, 'unsafe content', false, /refused what the message says/],
    [410100, 'speed limited', true, /20 a minute/],
    [-1, '系统繁忙', true, /busy/],
    [999999, 'something new', false, /code 999999: something new/],
  ])('understands code %i (%s)', async (errcode, errmsg, retryable, reason) => {
    const { notifier } = await answering({ status: 200, body: JSON.stringify({ errcode, errmsg }) });

    const result = await notifier.send(aNotice(), new AbortController().signal);

    expect(result).toMatchObject({ type: 'failed', retryable });
    expect(result).toHaveProperty('reason', expect.stringMatching(reason));
  });

  it('always says its name, for robots that ask for a keyword', async () => {
    const { notifier, received } = await answering(ok);

    await notifier.send(aNotice({ subject: 'a', text: 'b', link: null }), new AbortController().signal);

    expect((received[0]?.json as { markdown: { text: string } }).markdown.text).toBe('### a\n\nb\n\nFixpoint');
  });

  it('calls people by name in the text, too: without that nobody is rung', async () => {
    const at = { mobiles: ['13800000000'], user_ids: ['user123'], all: true };
    const { notifier, received } = await answering(ok, { at });

    await notifier.send(aNotice(), new AbortController().signal);
    await notifier.send(aNotice({ severity: 'info' }), new AbortController().signal);

    const [bad, good] = received.map((request) => request.json as { at: unknown; markdown: { text: string } });
    expect(bad?.at).toEqual({ atMobiles: ['13800000000'], atUserIds: ['user123'], isAtAll: true });
    expect(bad?.markdown.text).toContain('@13800000000 @user123');
    expect(good?.at).toEqual({ atMobiles: [], atUserIds: [], isAtAll: false });
  });

  it('keeps the link and the mentions of a text that it has to cut', async () => {
    const { notifier, received } = await answering(ok, { at: { mobiles: ['13800000000'] } });

    await notifier.send(aNotice({ text: '故障\n'.repeat(9_000) }), new AbortController().signal);

    const { text } = (received[0]?.json as { markdown: { text: string } }).markdown;
    expect(text).toContain('已截断');
    expect(text).toMatch(/\[Fixpoint\]\(https:\/\/fixpoint\.example\/runs\/\w+\)\n\n@13800000000$/);
  });
});
