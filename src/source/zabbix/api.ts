import { Agent, request } from 'undici';
import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import type { ConnectionCheck } from '../../domain/connection.js';
import { Duration, durationMs, formatMs, parseDuration } from '../../domain/duration.js';
import { messageOf } from '../../domain/errors.js';
import { limitTime } from '../../domain/time-limit.js';

/** `sources.zabbix.api`: where the trigger behind an alert can be looked up. */
export const ZabbixApiConfig = z
  .strictObject({
    url: z
      .string()
      .max(2_048)
      .superRefine((text, context) => {
        const problem = problemOfUrl(text);
        if (problem !== null) context.addIssue({ code: 'custom', message: problem });
      })
      .describe("Address of Zabbix' web interface, with or without /api_jsonrpc.php"),
    token: z
      .string()
      .max(4_096)
      .regex(/^[\x21-\x7e]+$/, 'expected a token without spaces')
      .meta({ secret: true })
      .describe('API token of a user who may see the hosts'),
    timeout: Duration.refine((text) => (parseDuration(text) ?? 1) >= 1, 'expected more than 0s')
      .default('10s')
      .describe('Longest time for one request'),
    reconcile: Duration.default('5m').describe(
      'How often problems are compared: what was never heard of is taken in, what has ended is resolved; 0s: never',
    ),
    acknowledge: z
      .boolean()
      .default(false)
      .describe('Whether a problem that a run works on is acknowledged, with a message that names the run'),
    tls: z
      .strictObject({
        ca: z.string().optional().describe('PEM of the certificate authority to trust'),
        insecure_skip_verify: z.boolean().default(false).describe('Accept any certificate; for tests only'),
      })
      .optional(),
  })
  .describe("Where the trigger behind an alert is looked up: Zabbix' JSON-RPC API");
export type ZabbixApiConfig = z.infer<typeof ZabbixApiConfig>;

/** What a call answered: the result as it came, or why there is none, in words that hold no secret. */
export type Called =
  { readonly type: 'result'; readonly value: unknown } | { readonly type: 'failed'; readonly reason: string };

const MAX_ANSWER_BYTES = 1_048_576;
const MAX_CONNECT_MS = 10_000;
const MAX_TOLD = 300;

const Version = z.string().regex(/^\d{1,3}\.\d{1,3}/);
const Answer = z.union([
  z.object({ error: z.object({ code: z.number(), message: z.string(), data: z.string().nullish() }) }),
  z.object({ result: z.unknown().refine((value) => value !== undefined, 'expected a result') }),
]);

type Proof = 'none' | 'header' | 'property';

/** Speaks JSON-RPC with one Zabbix from 6.0 on. It never throws for what the server does; every call ends within the time limit. */
export class ZabbixApi {
  readonly #config: ZabbixApiConfig;
  readonly #clock: Clock;
  readonly #url: URL;
  #agent: Agent | null = null;
  /** Known after the first call; forgotten at an error, because servers are upgraded. */
  #version: string | null = null;

  constructor(config: ZabbixApiConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#url = apiUrl(config.url);
  }

  get target(): string {
    return this.#url.href;
  }

  /** Calls a method with the token, in the way that the server's version understands. */
  async call(method: string, params: unknown, signal: AbortSignal): Promise<Called> {
    const version = await this.#knowVersion(signal);
    if (version.type === 'failed') return version;
    const called = await this.#post(method, params, proofFor(String(version.value)), signal);
    if (called.type === 'failed') this.#version = null;
    return called;
  }

  /** Proves address and token: the token must see a trigger. */
  async check(signal: AbortSignal): Promise<ConnectionCheck> {
    const line = { name: 'sources.zabbix.api', target: this.target, required: false };
    const called = await this.call('trigger.get', { output: ['triggerid'], limit: 1 }, signal);
    if (called.type === 'failed') return { ...line, ok: false, message: called.reason };
    const isBlind = Array.isArray(called.value) && called.value.length === 0;
    if (isBlind)
      return { ...line, ok: false, message: "the token's user sees no trigger: give it a right on the hosts" };
    return { ...line, ok: true, message: `Zabbix ${this.#version ?? ''}`.trim() };
  }

  /** May be called twice. */
  async stop(): Promise<void> {
    const agent = this.#agent;
    this.#agent = null;
    await agent?.destroy();
  }

  async #knowVersion(signal: AbortSignal): Promise<Called> {
    if (this.#version !== null) return { type: 'result', value: this.#version };
    const called = await this.#post('apiinfo.version', [], 'none', signal);
    if (called.type === 'failed') return called;
    const version = Version.safeParse(called.value);
    if (!version.success) return this.#failed('answered, but tells no version: is it the address of Zabbix?');
    this.#version = version.data.slice(0, 20);
    return { type: 'result', value: this.#version };
  }

  async #post(method: string, params: unknown, proof: Proof, signal: AbortSignal): Promise<Called> {
    const { token, timeout } = this.#config;
    const limit = limitTime(signal, durationMs(timeout), this.#clock);
    try {
      limit.signal.throwIfAborted();
      const answer = await request(this.#url, {
        method: 'POST',
        headers: {
          'user-agent': 'fixpoint',
          'content-type': 'application/json-rpc',
          ...(proof === 'header' ? { authorization: `Bearer ${token}` } : {}),
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          method,
          params,
          id: 1,
          ...(proof === 'property' ? { auth: token } : {}),
        }),
        signal: limit.signal,
        dispatcher: (this.#agent ??= openAgent(this.#config)),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return this.#read(answer.statusCode, await readText(answer.body));
    } catch (error) {
      if (limit.isOver()) return this.#failed(`gave no whole answer within ${formatMs(durationMs(timeout))}`);
      if (signal.aborted) return this.#failed('was given up before the answer was whole');
      return this.#failed(`cannot be asked: ${wordsOf(error)}`);
    } finally {
      limit.end();
    }
  }

  #read(status: number, text: string): Called {
    if (status !== 200) return this.#failed(`answered ${status}, expected 200: is it the address of Zabbix?`);
    const answer = Answer.safeParse(jsonOf(text));
    if (!answer.success) return this.#failed('answered something that is no JSON-RPC: is it the address of Zabbix?');
    if ('result' in answer.data) return { type: 'result', value: answer.data.result };
    const { code, message, data } = answer.data.error;
    const said = `${message} ${data ?? ''}`.trim();
    const advice = /authori[sz]ed|re-login|session|token|permission/i.test(said)
      ? '; check sources.zabbix.api.token'
      : '';
    return this.#failed(`answered the error ${code}: ${said.slice(0, MAX_TOLD)}${advice}`);
  }

  #failed(text: string): Called {
    const reason = `Zabbix at ${this.target} ${text}`.replaceAll(this.#config.token, '***');
    return { type: 'failed', reason };
  }
}

/** Zabbix 6.4 brought the header, 7.2 took the property away, and 6.0 knows nothing else. */
function proofFor(version: string): Proof {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 4) ? 'header' : 'property';
}

/** No connection is kept: a question now and then gains nothing by it, and a kept one may be dead. */
function openAgent({ timeout, tls }: ZabbixApiConfig): Agent {
  return new Agent({
    pipelining: 0,
    connect: {
      timeout: Math.min(MAX_CONNECT_MS, durationMs(timeout)),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.insecure_skip_verify === true ? { rejectUnauthorized: false } : {}),
    },
  });
}

async function readText(body: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer; // undici's bodies are byte streams
    size += bytes.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function wordsOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return 'connection refused: is the server running, and the port right?';
  if (code === 'ENOTFOUND') return 'no such host';
  return (messageOf(error) || String(code)).slice(0, MAX_TOLD);
}

function problemOfUrl(text: string): string | null {
  if (!URL.canParse(text)) return 'expected an address such as https://zabbix.example.com';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected https:// or http://';
  if (url.username !== '' || url.password !== '')
    return 'expected an address without user name and password; use token';
  return url.search === '' && url.hash === '' ? null : 'expected an address without ? and #';
}

function apiUrl(text: string): URL {
  const url = new URL(text);
  if (!url.pathname.endsWith('.php')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/api_jsonrpc.php`;
  return url;
}
