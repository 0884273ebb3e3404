import type { WebhookEnvelope } from '../../domain/source.js';
import type { Foreign } from '../foreign.js';

/** GitHub says in headers which event it is, and which delivery; a form holds the JSON in its field `payload`. */
export const githubEnvelope: WebhookEnvelope = {
  header: 'x-github-event',
  enclose({ headers, body }) {
    const event = JSON.stringify(textOf(headers['x-github-event']));
    const delivery = JSON.stringify(textOf(headers['x-github-delivery']));
    const payload = jsonOf(body);
    return Buffer.concat([
      Buffer.from(`{"github_event":${event},"github_delivery":${delivery},"payload":`),
      payload,
      Buffer.from('}'),
    ]);
  },
};

/** What was enclosed; null for a body that came without the headers. */
export function inEnvelope(body: Foreign): { readonly event: string; readonly payload: unknown } | null {
  const event = body['github_event'];
  return typeof event === 'string' && event !== '' && 'payload' in body ? { event, payload: body['payload'] } : null;
}

function textOf(header: string | readonly string[] | undefined): string {
  return (typeof header === 'string' ? header : (header?.[0] ?? '')).slice(0, 200);
}

const FORM = Buffer.from('payload=');

function jsonOf(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.subarray(0, FORM.length).equals(FORM)) return body;
  return Buffer.from(new URLSearchParams(bytes.toString()).get('payload') ?? '');
}
