import { afterEach, describe, expect, it } from 'vitest';
import { aNotice, notifierSuite } from '../../../test/contract/notifier-suite.js';
import { judgeJsonPost, openServer, unknownKeys, webhookWorld } from '../../../test/contract/webhook-world.js';
import type { Given, Received } from '../../../test/contract/webhook-world.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { escapeSlack, sections, slack } from './slack.js';

const PATH = '/services/T0000AAAA/B0000BBBB/xoxSecretPartOfTheAddress';

interface Block {
  readonly type: string;
  readonly text?: { readonly type: string; readonly text: string };
  readonly elements?: readonly { readonly url?: string }[];
}

/** Slack's rules for what an incoming webhook takes. */
function judge(request: Received): string[] {
  const problems = judgeJsonPost(request, PATH);
  const body = request.json as { text?: string; blocks?: Block[] };
  problems.push(...unknownKeys(body, ['text', 'blocks']));
  if (!body.text) problems.push('no_text');
  const blocks = body.blocks ?? [];
  if (blocks.length > 50) problems.push('more than 50 blocks');
  for (const block of blocks) {
    const text = block.text?.text ?? '';
    if (block.type === 'header' && (text.length === 0 || text.length > 150)) problems.push('header over 150');
    if (block.type === 'section' && (text.length === 0 || text.length > 3_000)) problems.push(`section ${text.length}`);
    // Only what Slack documents may stand behind < and &.
    if (block.type === 'section' && /<(?![@!])|&(?!amp;|lt;|gt;)/.test(text)) problems.push(`unescaped: ${text}`);
    if (block.text?.type === 'mrkdwn' && text.includes('<!channel>')) problems.push('a foreign mention');
  }
  return problems;
}

function create(url: string, over: Record<string, unknown> = {}) {
  return slack.create(slack.config.parse({ url: `${url}${PATH}`, ...over }), { clock: SYSTEM_CLOCK });
}

notifierSuite(
  webhookWorld({
    channel: 'slack',
    busy_for_ms: 30_000,
    knows_nonsense: true,
    judge,
    accepted: { status: 200, body: 'ok' },
    busy: { status: 429, body: 'rate_limited', headers: { 'retry-after': '30' } },
    build: (url, timeout) => ({
      notifier: create(url, { timeout }),
      secrets: [PATH, 'xoxSecretPartOfTheAddress', 'B0000BBBB'],
    }),
  }),
);

describe('slack', () => {
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
    [400, 'invalid_payload'],
    [403, 'action_prohibited'],
    [404, 'no_service'],
    [410, 'channel_is_archived'],
  ])('does not try again after %i %s, and passes the word on', async (status, body) => {
    const { notifier } = await answering({ status, body });

    expect(await notifier.send(aNotice(), new AbortController().signal)).toMatchObject({
      type: 'failed',
      retryable: false,
      reason: `HTTP ${status}: ${body}`,
    });
  });

  it('tries again after a roll-up error', async () => {
    const { notifier } = await answering({ status: 500, body: 'rollup_error' });

    expect(await notifier.send(aNotice(), new AbortController().signal)).toMatchObject({ retryable: true });
  });

  it('calls people by name for bad news only', async () => {
    const mention = { user_ids: ['U012AB3CD', 'S0614TZR7'], here: true };
    const { notifier, received } = await answering({ status: 200, body: 'ok' }, { mention });

    await notifier.send(aNotice({ severity: 'critical' }), new AbortController().signal);
    await notifier.send(aNotice({ severity: 'info' }), new AbortController().signal);

    expect(received[0]?.raw).toContain('<@U012AB3CD> <!subteam^S0614TZR7> <!here>');
    expect(received[1]?.raw).not.toContain('U012AB3CD');
  });

  it('gives the button the address of the run, and leaves it out where there is none', async () => {
    const { notifier, received } = await answering({ status: 200, body: 'ok' });

    await notifier.send(aNotice({ link: 'https://fixpoint.example/runs/1' }), new AbortController().signal);
    await notifier.send(aNotice({ link: null }), new AbortController().signal);

    const blocks = received.map((request) => (request.json as { blocks: Block[] }).blocks);
    expect(blocks[0]?.at(-1)?.elements?.[0]?.url).toBe('https://fixpoint.example/runs/1');
    expect(blocks[1]?.some((block) => block.type === 'actions')).toBe(false);
  });

  it('escapes the three characters of its markup and no others', () => {
    expect(escapeSlack('a < b & c > "d"')).toBe('a &lt; b &amp; c &gt; "d"');
  });

  it('breaks a text at line ends into sections, loses nothing, and never breaks an escape', () => {
    const text = `${'line & more\n'.repeat(600)}${'<'.repeat(2_000)}`;

    const pieces = sections(text);

    expect(pieces.join('')).toBe(escapeSlack(text));
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(3_000);
    for (const piece of pieces) expect(piece).toMatch(/(\n|;)$/);
  });

  it('marks a text that even ten sections cannot hold', () => {
    const pieces = sections('x\n'.repeat(40_000));

    expect(pieces).toHaveLength(10);
    expect(pieces.at(-1)).toContain('cut');
  });
});
