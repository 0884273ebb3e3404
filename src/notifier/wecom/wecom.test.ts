import { afterEach, describe, expect, it } from 'vitest';
import { aNotice, notifierSuite } from '../../../test/contract/notifier-suite.js';
import { judgeJsonPost, openServer, unknownKeys, webhookWorld } from '../../../test/contract/webhook-world.js';
import type { Given, Received } from '../../../test/contract/webhook-world.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { wecom } from './wecom.js';

const KEY = '693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa';

/** WeCom's rules for a group robot. */
function judge(request: Received): string[] {
  const problems = judgeJsonPost(request, '/cgi-bin/webhook/send');
  if (request.query.get('key') !== KEY) problems.push('invalid webhook url');
  const body = request.json as { msgtype?: string; markdown?: { content?: string } };
  problems.push(...unknownKeys(body, ['msgtype', 'markdown']), ...unknownKeys(body.markdown, ['content']));
  if (body.msgtype !== 'markdown') problems.push('invalid message type');
  const content = body.markdown?.content ?? '';
  const bytes = Buffer.byteLength(content);
  if (bytes === 0 || bytes > 4_096) problems.push(`markdown.content of ${bytes} bytes`);
  if (content.includes('\ufffd') && !content.includes('lone')) problems.push('a character was cut in two');
  if (/<b>|<!channel>|\]\(https:\/\/evil/.test(content)) problems.push('foreign markup');
  return problems;
}

function create(url: string, over: Record<string, unknown> = {}) {
  const config = { url: `${url}/cgi-bin/webhook/send?key=${KEY}`, ...over };
  return wecom.create(wecom.config.parse(config), { clock: SYSTEM_CLOCK });
}

const ok = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };

notifierSuite(
  webhookWorld({
    channel: 'wecom',
    busy_for_ms: 60_000,
    knows_nonsense: true,
    judge,
    accepted: ok,
    busy: {
      status: 200,
      body: '{"errcode":45009,"errmsg":"api freq out of limit, hint: [1700000000], more info at https://open.work.weixin.qq.com"}',
    },
    build: (url, timeout) => ({ notifier: create(url, { timeout }), secrets: [KEY] }),
  }),
);

describe('wecom', () => {
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

  it.each([
    [93000, `invalid webhook url, hint: [${KEY}], from ip: 203.0.113.7`, false],
    [40058, 'markdown.content exceed max length 4096. invalid Request Parameter', false],
    [45033, 'api concurrent out of limit', true],
    [-1, 'system error', true],
  ])('understands code %i', async (errcode, errmsg, retryable) => {
    const { notifier } = await answering({ status: 200, body: JSON.stringify({ errcode, errmsg }) });

    const result = await notifier.send(aNotice(), new AbortController().signal);

    expect(result).toMatchObject({ type: 'failed', retryable });
    expect(JSON.stringify(result)).not.toContain(KEY);
  });

  it('cuts at a character, marks it, and keeps the link and the people', async () => {
    const { notifier, received } = await answering(ok, { at: { user_ids: ['zhangsan', 'li<si>'] } });

    for (let extra = 0; extra < 4; extra++)
      await notifier.send(
        aNotice({ text: `${'x'.repeat(extra)}${'故障😀'.repeat(2_000)}` }),
        new AbortController().signal,
      );

    for (const request of received) {
      const { content } = (request.json as { markdown: { content: string } }).markdown;
      expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4_096);
      expect(Buffer.byteLength(content)).toBeGreaterThan(4_080);
      expect(content).not.toContain('\ufffd');
      expect(content).toMatch(/已截断\]\n\[Fixpoint\]\(https:\/\/[^)]+\)\n<@zhangsan> <@lisi>$/);
    }
  });
});
