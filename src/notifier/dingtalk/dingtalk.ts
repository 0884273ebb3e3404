import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import type { Notice, NotifierModule } from '../../domain/notifier.js';
import type { CodeMeaning } from '../answer-code.js';
import { judgeCode, readErrcode } from '../answer-code.js';
import { cutBytes, cutChars } from '../cut.js';
import { createPoster, resultOf, SendTimeout, WebhookUrl } from '../http-post.js';
import { markdownLink, plainMarkdown } from '../markdown.js';
import { Mention, mentionFor } from '../mention.js';

const ROBOT = 'https://oapi.dingtalk.com/robot/send';
/** DingTalk refuses a request body over 20,000 bytes. */
const MAX_BODY_BYTES = 20_000;

const DingtalkConfig = z
  .strictObject({
    url: WebhookUrl.optional().describe('The address of the robot, with its access_token; a secret'),
    access_token: z.string().min(1).max(200).optional().describe('Instead of `url`: the token alone'),
    secret: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The signing key (SEC…), where the robot asks for signatures'),
    at: Mention.optional(),
    timeout: SendTimeout,
  })
  .superRefine((config, context) => {
    if ((config.url === undefined) === (config.access_token === undefined))
      context.addIssue({ code: 'custom', message: 'expected either url or access_token' });
  });
type DingtalkConfig = z.infer<typeof DingtalkConfig>;

/** DingTalk answers HTTP 200 with these codes (open.dingtalk.com, custom robot, error codes). */
const MEANINGS: readonly CodeMeaning[] = [
  { codes: [130101, 410100, 90018], retryable: true, retry_after_ms: 60_000, hint: 'too many messages: 20 a minute' },
  { codes: [-1, 400001], retryable: true, hint: 'DingTalk is busy' },
  {
    codes: [310000],
    message: /sign|timestamp|时间戳|签名/i,
    retryable: false,
    hint: 'check notifiers.dingtalk.secret and the clock of this machine',
  },
  {
    codes: [310000],
    message: /keyword|关键词/i,
    retryable: false,
    hint: 'the robot asks for a keyword: use a signing secret, or add the keyword `Fixpoint`',
  },
  { codes: [310000], retryable: false, hint: 'refused by the security settings of the robot' },
  {
    codes: [300001, 300005, 400101, 400102, 400106, 40014],
    retryable: false,
    hint: 'check the access token of the robot',
  },
  { codes: [460101], retryable: false, hint: 'the message is too long' },
  { codes: [430101, 430102, 430103, 430104], retryable: false, hint: 'DingTalk refused what the message says' },
];

/** DingTalk, through a custom group robot: markdown, signed where the robot asks for it. */
export const dingtalk: NotifierModule<DingtalkConfig> = {
  name: 'dingtalk',
  config: DingtalkConfig,
  create(config, deps) {
    const url = config.url ?? `${ROBOT}?access_token=${encodeURIComponent(config.access_token ?? '')}`;
    const secrets = [config.secret, config.access_token].filter((secret) => secret !== undefined);
    const poster = createPoster({ channel: 'dingtalk', url, timeout: config.timeout, clock: deps.clock, secrets });
    return {
      async send(notice, signal) {
        const query = config.secret === undefined ? {} : signature(config.secret, deps.clock);
        const answer = await poster.post({ body: dingtalkBody(notice, config), query }, signal);
        const failure =
          answer.type === 'failed'
            ? answer
            : judgeCode(answer, { read: readErrcode, meanings: MEANINGS, show: poster.show });
        return resultOf('dingtalk', poster.target, failure);
      },
      check: (signal) => poster.check(signal),
      stop: () => poster.stop(),
    };
  },
};

/** `timestamp` and `sign` of the query; the poster percent-encodes them. */
function signature(secret: string, clock: Clock): { timestamp: string; sign: string } {
  const timestamp = String(clock.now());
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`, 'utf8').digest('base64');
  return { timestamp, sign };
}

/** The whole request body as text, at most 20,000 bytes; the text gives way, the link and the mentions stay. */
function dingtalkBody(notice: Notice, config: DingtalkConfig): string {
  const called = mentionFor(notice, config.at);
  const subject = notice.subject.replace(/\s+/g, ' ').trim() || 'Fixpoint';
  const names = called === null ? [] : [...called.mobiles, ...called.user_ids].map((name) => `@${name}`);
  // A mention rings only when the text names it, too.
  // Our name always stands there, too: a robot may ask for a keyword.
  const tail = [notice.link === null ? 'Fixpoint' : markdownLink('Fixpoint', notice.link), names.join(' ')]
    .filter((part) => part !== '')
    .map((part) => `\n\n${part}`)
    .join('');
  const text = `### ${plainMarkdown(subject)}\n\n${hardLines(plainMarkdown(notice.text.trimEnd()))}`;
  const bodyOf = (markdown: string): string =>
    JSON.stringify({
      msgtype: 'markdown',
      markdown: { title: cutChars(subject, 100), text: markdown },
      at: { atMobiles: called?.mobiles ?? [], atUserIds: called?.user_ids ?? [], isAtAll: called?.all ?? false },
    });
  // JSON needs more bytes for some characters than the text itself, so the limit for the text is found by looking at the body.
  let limit = MAX_BODY_BYTES - Buffer.byteLength(bodyOf(''), 'utf8');
  let body = bodyOf(cutBytes(text, limit, tail));
  while (Buffer.byteLength(body, 'utf8') > MAX_BODY_BYTES && limit > 1_000) {
    limit -= Math.max(100, Buffer.byteLength(body, 'utf8') - MAX_BODY_BYTES);
    body = bodyOf(cutBytes(text, limit, tail));
  }
  return body;
}

/** DingTalk joins lines unless two spaces end them. */
function hardLines(text: string): string {
  return text.replaceAll('\n', '  \n');
}
