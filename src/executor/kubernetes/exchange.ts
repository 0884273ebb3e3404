import * as http from 'node:http';
import * as https from 'node:https';

/** More than this is no answer to what is asked here: a thousand autoscalers are about a third of it. */
export const MAX_ANSWER_BYTES = 16 * 1_024 * 1_024;

/** One request, with the credential and the TLS settings that the official client has put in. */
export interface Sending {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Knows certificates and proxy. */
  readonly agent: http.Agent | undefined;
  readonly signal: AbortSignal;
}

/** A whole answer. Header names are in lower case. */
export interface Exchanged {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** The answer is longer than MAX_ANSWER_BYTES; it was not read to its end. */
export class AnswerTooLarge extends Error {}

/**
 * Sends a request and reads its answer, which the client itself would do without any bound, and following every redirect. Redirects are
 * answers here, and compression is not asked for, so that what is counted is what comes.
 */
export async function exchange(sending: Sending): Promise<Exchanged> {
  sending.signal.throwIfAborted();
  const incoming = await headOf(sending);
  const body = await bodyOf(incoming);
  return { status: incoming.statusCode ?? 0, headers: flatten(incoming.headers), body };
}

function headOf({ url, method, headers, body, agent, signal }: Sending): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, signal, ...(agent === undefined ? {} : { agent }) };
    const outgoing = url.startsWith('https:') ? https.request(url, options) : http.request(url, options);
    outgoing.on('response', resolve);
    // Also what comes after the head: whoever reads the body hears of it there.
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function bodyOf(incoming: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = chunk as Buffer; // a message without an encoding is read in bytes
    size += bytes.length;
    // Leaving the loop ends the connection.
    if (size > MAX_ANSWER_BYTES) throw new AnswerTooLarge(`more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}
