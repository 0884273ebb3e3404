import { z } from 'zod';
import type { Notice, NotifierModule } from '../../domain/notifier.js';
import type { CodeMeaning } from '../answer-code.js';
import { judgeCode, readErrcode } from '../answer-code.js';
import { cutBytes } from '../cut.js';
import { createPoster, resultOf, SendTimeout, WebhookUrl } from '../http-post.js';
import { markdownLink, plainMarkdown } from '../markdown.js';
import { Mention, mentionFor } from '../mention.js';

/** WeCom refuses markdown over 4,096 bytes of UTF-8. */
const MAX_CONTENT_BYTES = 4_096;

const WecomConfig = z.strictObject({
  url: WebhookUrl.describe('The address of the group robot, with its key; a secret'),
  at: Mention.omit({ mobiles: true, all: true }).optional().describe('Markdown can call people by user id only'),
  timeout: SendTimeout,
});
type WecomConfig = z.infer<typeof WecomConfig>;

/** WeCom answers HTTP 200 with these codes (developer.work.weixin.qq.com, global error codes). */
const MEANINGS: readonly CodeMeaning[] = [
  {
    codes: [45009, 45033],
    retryable: true,
    retry_after_ms: 60_000,
    hint: 'too many messages: 20 a minute for a robot',
  },
  { codes: [-1], retryable: true, hint: 'WeCom is busy' },
  { codes: [93000, 93004, 93008], retryable: false, hint: 'check the key in notifiers.wecom.url' },
  { codes: [40058, 45002], retryable: false, hint: 'WeCom refused the message' },
];

/** WeCom (企业微信), through a group robot: markdown of at most 4,096 bytes. */
export const wecom: NotifierModule<WecomConfig> = {
  name: 'wecom',
  config: WecomConfig,
  create(config, deps) {
    const poster = createPoster({ channel: 'wecom', url: config.url, timeout: config.timeout, clock: deps.clock });
    return {
      async send(notice, signal) {
        const body = JSON.stringify({ msgtype: 'markdown', markdown: { content: wecomContent(notice, config) } });
        const answer = await poster.post({ body }, signal);
        const failure =
          answer.type === 'failed'
            ? answer
            : judgeCode(answer, { read: readErrcode, meanings: MEANINGS, show: poster.show });
        return resultOf('wecom', poster.target, failure);
      },
      check: (signal) => poster.check(signal),
      stop: () => poster.stop(),
    };
  },
};

const COLOUR = { critical: 'warning', warning: 'warning', info: 'info' } as const;

function wecomContent(notice: Notice, config: WecomConfig): string {
  const subject = plainMarkdown(notice.subject.replace(/\s+/g, ' ').trim()) || 'Fixpoint';
  const called = mentionFor(notice, config.at && { ...config.at, mobiles: [], all: false });
  const link = notice.link === null ? '' : `\n${markdownLink('Fixpoint', notice.link)}`;
  const names = called === null ? '' : `\n${called.user_ids.map((id) => `<@${id.replace(/[<>]/g, '')}>`).join(' ')}`;
  const heading = `**<font color="${COLOUR[notice.severity]}">${subject}</font>**`;
  return cutBytes(`${heading}\n${plainMarkdown(notice.text.trimEnd())}`, MAX_CONTENT_BYTES, link + names);
}
