import type { WebhookEnvelope } from '../../domain/source.js';

const PREFIX = 'ce-';
const MAX_ATTRIBUTES = 100;

/** Binary mode: the attributes stand in headers, the body is the data. Answers the same event in structured mode. */
export const cloudeventsEnvelope: WebhookEnvelope = {
  header: 'ce-specversion',
  enclose({ headers, body }) {
    const attributes = Object.entries(headers)
      .filter(([name]) => name.startsWith(PREFIX) && /^[a-z0-9]{1,100}$/.test(name.slice(PREFIX.length)))
      .slice(0, MAX_ATTRIBUTES)
      .flatMap(([name, value]) => (typeof value === 'string' ? [[name.slice(PREFIX.length), decoded(value)]] : []));
    const event = Object.fromEntries(attributes) as Record<string, string>; // of texts, as they were just read
    const { data: _data, ...rest } = event;
    if (body.length === 0) return Buffer.from(JSON.stringify(rest));
    if (!isJson(body)) return Buffer.from(JSON.stringify({ ...rest, ...asText(body) }));
    // Its very bytes: writing them anew would fail on what is nested too deep.
    const head = JSON.stringify(rest).slice(0, -1);
    return Buffer.concat([Buffer.from(`${head}${head === '{' ? '' : ','}"data":`), body, Buffer.from('}')]);
  },
};

/** Characters beyond ASCII, and some in it, are percent-encoded in headers; quotes around a value are old senders'. */
function decoded(value: string): string {
  const bare = /^"(.*)"$/.exec(value)?.[1] ?? value;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

/** Whatever its content type says: what is JSON is meant to be read. */
function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(body).toString());
    return true;
  } catch {
    return false;
  }
}

function asText(body: Uint8Array): { data: string } | { data_base64: string } {
  const bytes = Buffer.from(body);
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? { data: text } : { data_base64: bytes.toString('base64') };
}
