import { z } from 'zod';
import { Severity } from '../../domain/alert/alert.js';
import type { Notice, NotifierModule } from '../../domain/notifier.js';
import { CUT_MARK, cutChars } from '../cut.js';
import type { Answer, Failure } from '../http-post.js';
import { createPoster, failedStatus, resultOf, SendTimeout, WebhookUrl } from '../http-post.js';

/** Slack's own limits (docs.slack.dev/reference/block-kit/blocks). */
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;
/** Ten sections are more than anybody reads in a chat; Slack would take 50 blocks. */
const MAX_SECTIONS = 10;

const SlackConfig = z.strictObject({
  url: WebhookUrl.describe('The address of an incoming webhook; a secret'),
  mention: z
    .strictObject({
      user_ids: z
        .array(z.string().regex(/^[UWS][A-Z0-9]{2,30}$/, 'expected a member id such as U012AB3CD, or a group id'))
        .max(50)
        .default([]),
      here: z.boolean().default(false),
      severities: z.array(Severity).min(1).default(['critical', 'warning']),
    })
    .optional(),
  timeout: SendTimeout,
});
type SlackConfig = z.infer<typeof SlackConfig>;

/** Slack, through an incoming webhook: a header, the text in sections, a button to the run. */
export const slack: NotifierModule<SlackConfig> = {
  name: 'slack',
  config: SlackConfig,
  create(config, deps) {
    const poster = createPoster({ channel: 'slack', url: config.url, timeout: config.timeout, clock: deps.clock });
    return {
      async send(notice, signal) {
        const answer = await poster.post({ body: JSON.stringify(slackMessage(notice, config)) }, signal);
        const failure = answer.type === 'failed' ? answer : judge(answer, poster.show);
        return resultOf('slack', poster.target, failure);
      },
      check: (signal) => poster.check(signal),
      stop: () => poster.stop(),
    };
  },
};

/** Slack says `ok` and nothing else when it has the message. */
function judge(answer: Answer, show: (text: string) => string): Failure | null {
  const failure = failedStatus(answer, show);
  if (failure !== null || answer.text.trim() === 'ok') return failure;
  const reason = `HTTP ${answer.status} without Slack's ok: ${show(answer.text.slice(0, 2_000))}`;
  return { type: 'failed', reason, retryable: true };
}

/** The body of the request: Block Kit, and a text for the notification on the lock screen. */
function slackMessage(notice: Notice, config: SlackConfig): object {
  const subject = notice.subject.replace(/\s+/g, ' ').trim() || 'Fixpoint';
  const blocks: object[] = [
    { type: 'header', text: { type: 'plain_text', text: cutChars(subject, MAX_HEADER), emoji: false } },
  ];
  const called = mentions(notice, config);
  if (called !== '') blocks.push({ type: 'section', text: { type: 'mrkdwn', text: called } });
  // `verbatim` keeps Slack from turning @here or #channel in foreign text into the real thing.
  for (const text of sections(notice.text))
    blocks.push({ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } });
  if (notice.link !== null) {
    blocks.push({
      type: 'actions',
      elements: [{ type: 'button', text: { type: 'plain_text', text: 'Fixpoint' }, url: notice.link }],
    });
  }
  return { text: escapeSlack(cutChars(subject, 1_000)), blocks };
}

function mentions(notice: Notice, config: SlackConfig): string {
  const mention = config.mention;
  if (!mention?.severities.includes(notice.severity)) return '';
  const people = mention.user_ids.map((id) => (id.startsWith('S') ? `<!subteam^${id}>` : `<@${id}>`));
  return [...people, ...(mention.here ? ['<!here>'] : [])].join(' ');
}

/** The three characters that Slack's markup begins with. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The text, escaped, in pieces that each fit a section; a line is broken only when it alone is too long, an escape never. */
export function sections(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  const take = (part: string): void => {
    if (piece.length + part.length > MAX_SECTION) {
      if (piece.trim() !== '') pieces.push(piece);
      piece = '';
    }
    piece += part;
  };
  for (const line of text.trimEnd().split(/(?<=\n)/)) {
    const escaped = escapeSlack(line);
    if (escaped.length <= MAX_SECTION) take(escaped);
    else for (const character of line) take(escapeSlack(character));
  }
  if (piece.trim() !== '') pieces.push(piece);
  if (pieces.length <= MAX_SECTIONS) return pieces;
  return [...pieces.slice(0, MAX_SECTIONS - 1), CUT_MARK];
}
