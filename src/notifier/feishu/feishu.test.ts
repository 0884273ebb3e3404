import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { aNotice, notifierSuite } from '../../../test/contract/notifier-suite.js';
import { judgeJsonPost, openServer, unknownKeys, webhookWorld } from '../../../test/contract/webhook-world.js';
import type { Given, Received } from '../../../test/contract/webhook-world.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { Clock } from '../../domain/clock.js';
import { feishu } from './feishu.js';

const HOOK = '0a1b2c3d-1111-2222-3333-444455556666';
const PATH = `/open-apis/bot/v2/hook/${HOOK}`;
const SECRET = 'test-secret';

interface CardMessage {
  readonly timestamp?: string;
  readonly sign?: string;
  readonly msg_type?: string;
  readonly card?: {
    readonly header?: {
      readonly title?: { readonly tag?: string; readonly content?: string };
      readonly template?: string;
    };
    readonly elements?: readonly { readonly tag: string; readonly text?: { tag: string; content: string } }[];
  };
}

/** Feishu's rules for a custom bot with a signature. */
function judge(request: Received): string[] {
  const problems = judgeJsonPost(request, PATH);
  const body = request.json as CardMessage;
  const timestamp = body.timestamp ?? '';
  if (!/^\d{10}$/.test(timestamp) || Math.abs(Date.now() / 1_000 - Number(timestamp)) > 3_600)
    problems.push('timestamp');
  const key = [timestamp, SECRET].join('\n');
  if (body.sign !== createHmac('sha256', key).digest('base64')) problems.push('sign match fail');
  if (Buffer.byteLength(request.raw) > 20 * 1_024) problems.push(`body of ${Buffer.byteLength(request.raw)} bytes`);
  problems.push(...unknownKeys(body, ['timestamp', 'sign', 'msg_type', 'card']));
  if (body.msg_type !== 'interactive') problems.push('msg_type');
  const title = body.card?.header?.title;
  if (title?.tag !== 'plain_text' || !title.content) problems.push('header');
  if (!['red', 'orange', 'green'].includes(body.card?.header?.template ?? '')) problems.push('template');
  for (const element of body.card?.elements ?? []) {
    if (!['div', 'action', 'note'].includes(element.tag)) problems.push(`element ${element.tag}`);
    if (element.text?.tag === 'lark_md' && /evil|<b>/.test(element.text.content)) problems.push('foreign markup');
  }
  return problems;
}

function create(url: string, over: Record<string, unknown> = {}, clock: Clock = SYSTEM_CLOCK) {
  return feishu.create(feishu.config.parse({ url: `${url}${PATH}`, secret: SECRET, ...over }), { clock });
}

const ok = { status: 200, body: '{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}' };

notifierSuite(
  webhookWorld({
    channel: 'feishu',
    busy_for_ms: 60_000,
    knows_nonsense: true,
    judge,
    accepted: ok,
    busy: { status: 200, body: '{"code":11232,"msg":"frequency limited psm[lark.oapi.app_platform_runtime]"}' },
    build: (url, timeout) => ({ notifier: create(url, { timeout }), secrets: [HOOK, SECRET] }),
  }),
);

describe('feishu', () => {
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

  it('signs as the published example does', async () => {
    const { notifier, received } = await answering(ok, {}, new FakeClock(new Date(1_700_000_000_500).toISOString()));

    await notifier.send(aNotice(), new AbortController().signal);

    expect(received[0]?.json).toMatchObject({
      timestamp: '1700000000',
      sign: 'mbm4Y4oluIPQ00qlBIhX8vAZ0EKv3nw0LuTb91jPL84=',
    });
  });

  it('sends no signature where none is configured', async () => {
    const { notifier, received } = await answering(ok, { secret: undefined });

    await notifier.send(aNotice(), new AbortController().signal);

    expect(received[0]?.json).not.toHaveProperty('sign');
    expect(received[0]?.json).not.toHaveProperty('timestamp');
  });

  it.each([
    [
      19021,
      'sign match fail or timestamp is not within one hour from current time',
      false,
      /notifiers\.feishu\.secret/,
    ],
    [19022, 'Ip Not Allowed', false, /list of addresses/],
    [19024, 'Key Words Not Found', false, /keyword/],
    [19001, 'param invalid: incoming webhook access token invalid', false, /notifiers\.feishu\.url/],
    [9499, 'Bad Request', false, /form of the message/],
    [9499, 'too many request', true, /100 a minute/],
    [11232, 'frequency limited', true, /100 a minute/],
  ])('understands code %i (%s)', async (code, msg, retryable, reason) => {
    for (const status of [200, 400]) {
      const { notifier } = await answering({ status, body: JSON.stringify({ code, msg, data: {} }) });

      const result = await notifier.send(aNotice(), new AbortController().signal);

      expect(result).toMatchObject({ type: 'failed', retryable });
      expect(result).toHaveProperty('reason', expect.stringMatching(reason));
    }
  });

  it('always says its name, for bots that ask for a keyword', async () => {
    const { notifier, received } = await answering(ok);

    await notifier.send(aNotice({ subject: 'a', text: 'b', link: null }), new AbortController().signal);

    expect(received[0]?.raw).toContain('Fixpoint');
  });

  it('understands the answer of the oldest bots', async () => {
    const { notifier } = await answering({
      status: 200,
      body: '{"Extra":null,"StatusCode":0,"StatusMessage":"success"}',
    });

    expect(await notifier.send(aNotice(), new AbortController().signal)).toMatchObject({ type: 'sent' });
  });

  it('calls people in an element of their own, where no foreign text stands', async () => {
    const { notifier, received } = await answering(ok, { at: { user_ids: ['ou_18eac8', '"><b>'], all: true } });

    await notifier.send(aNotice(), new AbortController().signal);

    const elements = (received[0]?.json as CardMessage).card?.elements ?? [];
    expect(elements.map((element) => element.text?.tag)).toEqual(['plain_text', 'lark_md', undefined, undefined]);
    expect(elements[1]?.text?.content).toBe('<at id=ou_18eac8></at> <at id=b></at> <at id=all></at>');
  });
});
