import { messageOf } from '../../domain/errors.js';
import { AnswerTooLarge, MAX_ANSWER_BYTES } from './exchange.js';

/** How much of a foreign message is shown. */
const MAX_MESSAGE = 400;
/** Nobody is believed who asks for a longer pause. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** What the request did: certainly nothing, or nobody can tell. */
export type Reached = 'refused' | 'maybe';

/**
 * A request to the API server that did not answer what was asked. `reached` is `refused` when the server certainly did not act on it:
 * it was never sent, or was answered with a refusal.
 */
export class KubernetesFailure extends Error {
  readonly reached: Reached;
  readonly status: number | null;
  readonly retryable: boolean;
  readonly retry_after_ms: number | null;

  constructor(
    message: string,
    facts: { reached: Reached; retryable: boolean; status?: number; retry_after_ms?: number | null; cause?: unknown },
  ) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.name = 'KubernetesFailure';
    this.reached = facts.reached;
    this.status = facts.status ?? null;
    this.retryable = facts.retryable;
    this.retry_after_ms = facts.retry_after_ms ?? null;
  }
}

/** Where the request went, for the message. */
export interface Asked {
  /** `read deployments payments/payment-gateway`. */
  readonly what: string;
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  readonly timeout_ms: number;
  /** The time limit of the request ended it. */
  readonly timed_out: boolean;
  /** Foreign text without the credential. */
  readonly hide: (text: string) => string;
}

const NEVER_CONNECTED: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be resolved now',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
};

const TLS_REFUSED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Turns whatever the client threw into a failure that says what was asked, what came, and what to do. */
export function failureOf(error: unknown, asked: Asked, signal: AbortSignal): KubernetesFailure {
  if (error instanceof KubernetesFailure) return error;
  const status = numberAt(error, 'code');
  if (status !== null) return statusFailure(status, error, asked);
  const code = codeOf(error);
  const where = `${asked.server} (${asked.what})`;
  const refusal = NEVER_CONNECTED[code];
  if (refusal !== undefined)
    return new KubernetesFailure(`Kubernetes at ${where} cannot be reached: ${refusal}`, {
      reached: 'refused',
      retryable: true,
    });
  if (TLS_REFUSED.has(code))
    return new KubernetesFailure(
      `Kubernetes at ${where} shows a certificate that is not trusted (${code}): check ca, or certificate-authority of the kubeconfig`,
      { reached: 'refused', retryable: false },
    );
  if (code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return new KubernetesFailure(`Kubernetes at ${where} does not speak TLS on this port: check the address`, {
      reached: 'refused',
      retryable: false,
    });
  return unclearFailure(error, asked, signal, where, code);
}

function unclearFailure(
  error: unknown,
  asked: Asked,
  signal: AbortSignal,
  where: string,
  code: string,
): KubernetesFailure {
  if (signal.aborted)
    return new KubernetesFailure(`the step ended while Kubernetes at ${where} was being asked`, {
      reached: 'maybe',
      retryable: true,
    });
  if (asked.timed_out)
    return new KubernetesFailure(`Kubernetes at ${where} did not answer within ${asked.timeout_ms} ms`, {
      reached: 'maybe',
      retryable: true,
    });
  if (error instanceof SyntaxError)
    return new KubernetesFailure(`Kubernetes at ${where} answered something that is not its JSON`, {
      reached: 'maybe',
      retryable: false,
    });
  if (error instanceof AnswerTooLarge)
    return new KubernetesFailure(`the answer of Kubernetes at ${where} is larger than ${MAX_ANSWER_BYTES} bytes`, {
      reached: 'maybe',
      retryable: false,
    });
  const detail = code === '' ? cut(asked.hide(messageOf(error)).split('\n')[0] ?? '') : code;
  return new KubernetesFailure(`the connection to Kubernetes at ${where} was cut: ${detail}`, {
    reached: 'maybe',
    retryable: true,
  });
}

function statusFailure(status: number, error: unknown, asked: Asked): KubernetesFailure {
  const told = cut(serverMessage(error, asked.hide));
  const said = told === '' ? '' : `: ${told}`;
  const where = `${asked.server} (${asked.what})`;
  const retry_after_ms = retryAfter(error);
  if (status === 401)
    return refusal(
      status,
      `Kubernetes at ${where} does not accept the credential (401): check its token or certificate`,
    );
  if (status === 403) return refusal(status, `Kubernetes at ${where} forbids it (403)${said}`);
  if (status === 404) return refusal(status, `Kubernetes at ${where} has no such object (404)${said}`);
  if (status >= 300 && status < 400)
    return refusal(
      status,
      `Kubernetes at ${where} sends elsewhere (${status}), and redirects are not followed: check the address`,
    );
  if (status === 429)
    return new KubernetesFailure(`Kubernetes at ${where} is too busy (429)${said}`, {
      reached: 'refused',
      retryable: true,
      status,
      retry_after_ms,
    });
  // Only with Retry-After does a 503 say that the request was not begun; any other 5xx leaves it open.
  if (status >= 500)
    return new KubernetesFailure(`Kubernetes at ${where} answered ${status}${said}`, {
      reached: status === 503 && retry_after_ms !== null ? 'refused' : 'maybe',
      retryable: true,
      status,
      retry_after_ms,
    });
  return refusal(status, `Kubernetes at ${where} refused it (${status})${said}`);
}

function refusal(status: number, message: string): KubernetesFailure {
  return new KubernetesFailure(message, { reached: 'refused', retryable: false, status });
}

/** The `message` of a Kubernetes Status, which names the missing right or the broken rule; never the client's own text, which shows headers. */
function serverMessage(error: unknown, hide: (text: string) => string): string {
  const body: unknown = at(error, 'body');
  let status: unknown = body;
  if (typeof body === 'string') {
    try {
      status = JSON.parse(body);
    } catch {
      return hide(body).replace(/<[^>]*>/g, ' ');
    }
  }
  const message = at(status, 'message');
  return typeof message === 'string' ? hide(message) : '';
}

function retryAfter(error: unknown): number | null {
  const value = at(at(error, 'headers'), 'retry-after');
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
  return seconds === null ? null : Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS);
}

function codeOf(error: unknown): string {
  for (let link = error, depth = 0; link != null && depth < 5; link = at(link, 'cause'), depth++) {
    const code = at(link, 'code');
    if (typeof code === 'string') return code;
  }
  return '';
}

function numberAt(value: unknown, key: string): number | null {
  const found = at(value, key);
  return typeof found === 'number' ? found : null;
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined; // any object may be asked for any key
}

function cut(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line;
}
