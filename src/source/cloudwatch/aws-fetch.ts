import type { Agent, request as undiciRequest } from 'undici';
import { FixpointError, messageOf } from '../../domain/errors.js';
import { readBody } from '../read-body.js';

/** What an address of SNS answered. */
export interface Fetched {
  readonly status: number;
  readonly text: string;
}

/** Asks addresses of SNS; rejects with `unavailable` when there is no answer in time. */
export interface AwsFetch {
  get(url: URL): Promise<Fetched>;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}

/** Certificates and confirmations are a few KiB. */
const MAX_BYTES = 65_536;
/** SNS waits 15 s for our answer, and there may be two questions before it. */
const WITHIN_MS = 4_000;
/** Whoever can post can make us ask: never more than this at a time. */
const MAX_UNDER_WAY = 4;

/** Dials at the first question. Redirects are not followed: they would lead away from the host that was checked. */
export function openAwsFetch(within_ms = WITHIN_MS): AwsFetch {
  let agent: Agent | null = null;
  let under_way = 0;
  return {
    async get(url) {
      if (under_way >= MAX_UNDER_WAY)
        throw new FixpointError('unavailable', `too many questions to ${url.host} are under way; send it again`);
      under_way += 1;
      try {
        // Loaded at the first question, not at every start.
        const undici = await import('undici');
        // No connection is kept: a question now and then gains nothing by it, and a kept one may be dead.
        agent ??= new undici.Agent({ connections: MAX_UNDER_WAY, pipelining: 0 });
        return await ask(undici.request, url, agent, within_ms);
      } catch (cause) {
        const why = cause instanceof FixpointError ? cause.message : messageOf(cause);
        throw new FixpointError('unavailable', `no answer from ${url.host}: ${why}`, { cause });
      } finally {
        under_way -= 1;
      }
    },
    async stop() {
      const stopped = agent;
      agent = null;
      await stopped?.destroy();
    },
  };
}

async function ask(request: typeof undiciRequest, url: URL, dispatcher: Agent, within_ms: number): Promise<Fetched> {
  const signal = AbortSignal.timeout(within_ms);
  const { statusCode, body } = await request(url, { dispatcher, signal, headers: { 'user-agent': 'fixpoint' } });
  return { status: statusCode, text: await readBody(body, MAX_BYTES) };
}
