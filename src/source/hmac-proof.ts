import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawWebhook, SenderProof } from '../domain/source.js';

/** How a system signs: an HMAC-SHA256 in hexadecimal digits in one header. */
export interface HmacWay {
  /** In lower case. */
  readonly header: string;
  /** What stands before the digits, as in `sha256=`. */
  readonly prefix?: string;
  readonly secret: string;
  /** What is signed before the body; null when something is missing for that. */
  readonly before?: (webhook: RawWebhook) => string | null;
}

const DIGITS = /^[0-9a-f]{64}$/i;

/** The proof of a system that signs with a secret which it shares with us. */
export function hmacProof(way: HmacWay): SenderProof {
  const prefix = way.prefix ?? '';
  return {
    header: way.header,
    proves(webhook) {
      const given = webhook.headers[way.header];
      if (typeof given !== 'string' || !given.startsWith(prefix)) return false;
      const digits = given.slice(prefix.length);
      const before = way.before ? way.before(webhook) : '';
      if (!DIGITS.test(digits) || before === null) return false;
      const expected = createHmac('sha256', way.secret).update(before).update(webhook.body).digest();
      return timingSafeEqual(Buffer.from(digits, 'hex'), expected);
    },
  };
}
