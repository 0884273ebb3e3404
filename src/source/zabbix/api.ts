import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import type { ConnectionCheck } from '../../domain/connection.js';
import { Duration, durationMs, parseDuration } from '../../domain/duration.js';
import { ApiTls, apiAddress, jsonOf, SystemApi } from '../system-api.js';

/** `sources.zabbix.api`: where the trigger behind an alert can be looked up. */
export const ZabbixApiConfig = z
  .strictObject({
    url: apiAddress('https://zabbix.example.com', 'token').describe(
      "Address of Zabbix' web interface, with or without /api_jsonrpc.php",
    ),
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
    tls: ApiTls.optional(),
  })
  .describe("Where the trigger behind an alert is looked up: Zabbix' JSON-RPC API");
export type ZabbixApiConfig = z.infer<typeof ZabbixApiConfig>;

/** What a call answered: the result as it came, or why there is none, in words that hold no secret. */
export type Called =
  { readonly type: 'result'; readonly value: unknown } | { readonly type: 'failed'; readonly reason: string };

const MAX_ANSWER_BYTES = 1_048_576;
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
  readonly #url: URL;
  readonly #api: SystemApi;
  /** Known after the first call; forgotten at an error, because servers are upgraded. */
  #version: string | null = null;

  constructor(config: ZabbixApiConfig, clock: Clock) {
    this.#config = config;
    this.#url = apiUrl(config.url);
    const timeout_ms = durationMs(config.timeout);
    this.#api = new SystemApi({ clock, timeout_ms, tls: config.tls, max_bytes: MAX_ANSWER_BYTES });
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
  stop(): Promise<void> {
    return this.#api.stop();
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
    const { token } = this.#config;
    const headers = {
      'content-type': 'application/json-rpc',
      ...(proof === 'header' ? { authorization: `Bearer ${token}` } : {}),
    };
    const auth = proof === 'property' ? { auth: token } : {};
    const body = JSON.stringify({ jsonrpc: '2.0', method, params, id: 1, ...auth });
    const answer = await this.#api.ask({ url: this.#url, headers, body }, signal);
    return answer.type === 'failed' ? this.#failed(answer.reason) : this.#read(answer.status, answer.text);
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

function apiUrl(text: string): URL {
  const url = new URL(text);
  if (!url.pathname.endsWith('.php')) url.pathname = `${url.pathname.replace(/\/+$/, '')}/api_jsonrpc.php`;
  return url;
}
