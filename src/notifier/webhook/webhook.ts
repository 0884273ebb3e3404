import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { instant } from '../../domain/clock.js';
import type { Notice, NotifierModule } from '../../domain/notifier.js';
import { createPoster, failedStatus, resultOf, SendTimeout, WebhookUrl } from '../http-post.js';

/** Headers that the protocol or we set. */
const OURS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'upgrade',
  'expect',
  'idempotency-key',
  'x-fixpoint-signature',
]);

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'expected the name of an HTTP header')
  .refine((name) => !OURS.has(name.toLowerCase()), { error: 'this header is set by Fixpoint itself' });
const HeaderValue = z
  .string()
  .max(4_096)
  .regex(/^[\t\x20-\x7e]*$/, 'expected printable ASCII on one line');

const WebhookConfig = z.strictObject({
  url: WebhookUrl,
  secret: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('Signs the raw body: X-Fixpoint-Signature: sha256=<hex HMAC-SHA256>'),
  headers: z.record(HeaderName, HeaderValue).optional(),
  timeout: SendTimeout,
});
type WebhookConfig = z.infer<typeof WebhookConfig>;

/** Any HTTP server: the notice as JSON. A 2xx is a delivery, whatever the body says. */
export const webhook: NotifierModule<WebhookConfig> = {
  name: 'webhook',
  config: WebhookConfig,
  create(config, deps) {
    const secrets = [...(config.secret === undefined ? [] : [config.secret]), ...Object.values(config.headers ?? {})];
    const { url, timeout } = config;
    const poster = createPoster({ channel: 'webhook', url, timeout, clock: deps.clock, secrets });
    return {
      async send(notice, signal) {
        const body = webhookBody(notice, instant(deps.clock.now()));
        const headers = {
          ...config.headers,
          'idempotency-key': headerText(notice.notice_id),
          ...signature(body, config.secret),
        };
        const answer = await poster.post({ body, headers }, signal);
        const failure = answer.type === 'failed' ? answer : failedStatus(answer, poster.show);
        return resultOf('webhook', poster.target, failure);
      },
      check: (signal) => poster.check(signal),
      stop: () => poster.stop(),
    };
  },
};

/** An id as a header can carry it. */
function headerText(id: string): string {
  return id.replace(/[^\x21-\x7e]/g, '_').slice(0, 200);
}

/** `sent_at` is signed along, so that a receiver can refuse an old message that somebody plays back. */
function webhookBody(notice: Notice, sent_at: string): string {
  const { notice_id, subject, text, html, severity, link, recipients } = notice;
  return JSON.stringify({ notice_id, sent_at, subject, text, html, severity, link, recipients });
}

function signature(body: string, secret: string | undefined): Record<string, string> {
  if (secret === undefined) return {};
  return { 'x-fixpoint-signature': `sha256=${createHmac('sha256', secret).update(body, 'utf8').digest('hex')}` };
}
