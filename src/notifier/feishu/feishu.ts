import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import type { Notice, NotifierModule } from '../../domain/notifier.js';
import type { CodedAnswer, CodeMeaning } from '../answer-code.js';
import { judgeCode } from '../answer-code.js';
import { cutBytes, cutChars } from '../cut.js';
import { createPoster, resultOf, SendTimeout, WebhookUrl } from '../http-post.js';
import { Mention, mentionFor } from '../mention.js';

/** Feishu refuses a request body over 20 KB. */
const MAX_BODY_BYTES = 20_000;

const FeishuConfig = z.strictObject({
  url: WebhookUrl.describe('The address of the custom bot; a secret'),
  secret: z.string().min(1).max(200).optional().describe('The signing key, where the bot asks for signatures'),
  at: Mention.omit({ mobiles: true }).optional().describe('User ids are open_ids (ou_…)'),
  timeout: SendTimeout,
});
type FeishuConfig = z.infer<typeof FeishuConfig>;

/** Feishu answers with these codes, mostly under HTTP 200 (open.feishu.cn, custom bot). */
const MEANINGS: readonly CodeMeaning[] = [
  // 9499 is what a malformed body gets, too; that one says so.
  { codes: [9499], message: /bad request/i, retryable: false, hint: 'Feishu refused the form of the message' },
  {
    codes: [9499, 11232, 11233, 99991400],
    retryable: true,
    retry_after_ms: 60_000,
    hint: 'too many messages: 100 a minute, 5 a second',
  },
  { codes: [19021], retryable: false, hint: 'check notifiers.feishu.secret and the clock of this machine' },
  { codes: [19022], retryable: false, hint: 'this machine is not on the list of addresses of the bot' },
  {
    codes: [19024],
    retryable: false,
    hint: 'the bot asks for a keyword: use a signing secret, or add the keyword `Fixpoint`',
  },
  { codes: [19001, 19002, 19005, 19036], retryable: false, hint: 'check notifiers.feishu.url' },
];

/** Feishu and Lark, through a custom bot: an interactive card, signed where the bot asks for it. */
export const feishu: NotifierModule<FeishuConfig> = {
  name: 'feishu',
  config: FeishuConfig,
  create(config, deps) {
    const secrets = config.secret === undefined ? [] : [config.secret];
    const { url, timeout } = config;
    const poster = createPoster({ channel: 'feishu', url, timeout, clock: deps.clock, secrets });
    return {
      async send(notice, signal) {
        const answer = await poster.post({ body: feishuBody(notice, config, deps.clock) }, signal);
        const failure =
          answer.type === 'failed'
            ? answer
            : judgeCode(answer, { read: readCode, meanings: MEANINGS, show: poster.show });
        return resultOf('feishu', poster.target, failure);
      },
      check: (signal) => poster.check(signal),
      stop: () => poster.stop(),
    };
  },
};

/** New bots answer `code` and `msg`, the oldest `StatusCode` and `StatusMessage`, most of them both. */
function readCode(body: unknown): CodedAnswer | null {
  const now = z.object({ code: z.number(), msg: z.string().default('') }).safeParse(body);
  if (now.success) return { code: now.data.code, message: now.data.msg };
  const old = z.object({ StatusCode: z.number(), StatusMessage: z.string().default('') }).safeParse(body);
  return old.success ? { code: old.data.StatusCode, message: old.data.StatusMessage } : null;
}

/** The signature goes into the body; it is made over an empty text, with timestamp and secret as the key. */
function signature(secret: string, clock: Clock): { timestamp: string; sign: string } {
  const timestamp = String(Math.floor(clock.now() / 1_000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64') };
}

const HEADER_COLOUR = { critical: 'red', warning: 'orange', info: 'green' } as const;

function feishuBody(notice: Notice, config: FeishuConfig, clock: Clock): string {
  const signed = config.secret === undefined ? {} : signature(config.secret, clock);
  const bodyOf = (text: string): string =>
    JSON.stringify({ ...signed, msg_type: 'interactive', card: card(notice, text, config) });
  // JSON needs more bytes for some characters than the text itself, so the limit for the text is found by looking at the body.
  let limit = MAX_BODY_BYTES - Buffer.byteLength(bodyOf(''), 'utf8');
  let body = bodyOf(cutBytes(notice.text.trimEnd(), limit));
  while (Buffer.byteLength(body, 'utf8') > MAX_BODY_BYTES && limit > 1_000) {
    limit -= Math.max(100, Buffer.byteLength(body, 'utf8') - MAX_BODY_BYTES);
    body = bodyOf(cutBytes(notice.text.trimEnd(), limit));
  }
  return body;
}

/** Foreign text stands in `plain_text` only, which knows no markup: nothing in it can become a link or a mention. */
function card(notice: Notice, text: string, config: FeishuConfig): object {
  const subject = cutChars(notice.subject.replace(/\s+/g, ' ').trim() || 'Fixpoint', 500);
  const called = mentionFor(notice, config.at && { ...config.at, mobiles: [] });
  const ids = called === null ? [] : [...called.user_ids, ...(called.all ? ['all'] : [])];
  const elements: object[] = [{ tag: 'div', text: { tag: 'plain_text', content: text } }];
  if (ids.length > 0) {
    const content = ids.map((id) => `<at id=${id.replace(/[^\w-]/g, '')}></at>`).join(' ');
    elements.push({ tag: 'div', text: { tag: 'lark_md', content } });
  }
  if (notice.link !== null) {
    const button = {
      tag: 'button',
      text: { tag: 'plain_text', content: 'Fixpoint' },
      url: notice.link,
      type: 'default',
    };
    elements.push({ tag: 'action', actions: [button] });
  }
  // Our name always stands there: a bot may ask for a keyword.
  elements.push({ tag: 'note', elements: [{ tag: 'plain_text', content: 'Fixpoint' }] });
  return {
    config: { wide_screen_mode: true },
    header: { title: { tag: 'plain_text', content: subject }, template: HEADER_COLOUR[notice.severity] },
    elements,
  };
}
