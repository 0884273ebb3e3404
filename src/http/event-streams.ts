import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import { isRunFinished } from '../domain/run/run.js';
import type { RunState, StoredEvent } from '../domain/run/run.js';
import type { RunView } from '../domain/run/run-view.js';
import type { HttpDeps } from './deps.js';

/** The most events that the store answers at once. */
export const MAX_EVENTS = 1_000;
const MAX_STREAMS = 500;
const ASK_EVERY_MS = 1_000;
const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for this long is gone. */
const STALLED_MS = 30_000;
/** How often it is asked whether whoever reads may still do so: with a stalled write it is known within a minute. */
const JUDGE_EVERY_MS = 20_000;

type StreamDeps = Pick<HttpDeps, 'clock' | 'log'> & { readonly view: RunView };

/** Where a stream begins, and how long it may last. */
export interface Following {
  /** Events with a greater `seq` are sent. */
  readonly after: number;
  /** False when the credential that it was opened with is good no more. */
  readonly mayGoOn: () => Promise<boolean>;
}

/** The open streams of run events. Each ends by itself when its run has finished, its client leaves, its reader may read no more, or at `stop`. */
export class EventStreams {
  readonly #deps: StreamDeps;
  readonly #open = new Set<AbortController>();
  #stopped = false;

  constructor(deps: StreamDeps) {
    this.#deps = deps;
  }

  /** Takes the reply over and writes events until the run has finished and all are sent. */
  async follow(
    reply: FastifyReply,
    run: { readonly run_id: string; readonly state: RunState; readonly seq: number },
    following: Following,
  ): Promise<FastifyReply> {
    if (this.#stopped || this.#open.size >= MAX_STREAMS) {
      throw new FixpointError('unavailable', `no more than ${MAX_STREAMS} event streams are open at once; try again`);
    }
    const finished = isRunFinished(run.state);
    // EventSource comes back after every end; 204 is how it is told to stay away.
    if (finished && following.after >= run.seq) return reply.code(204).send();
    reply.hijack();
    const stop = new AbortController();
    this.#open.add(stop);
    reply.raw.once('close', () => stop.abort());
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // Nothing follows a stream: a connection kept open after it would hold up a server that stops.
      connection: 'close',
      // nginx would hold events back otherwise.
      'x-accel-buffering': 'no',
    });
    reply.raw.flushHeaders();
    try {
      await this.#pump(reply.raw, run.run_id, { ...following, finished }, stop.signal);
    } catch (error) {
      // The client asks again with the last id it has seen, and then gets a proper answer.
      this.#deps.log.error({ err: error, run_id: run.run_id }, 'an event stream broke off');
    } finally {
      this.#open.delete(stop);
      reply.raw.end();
    }
    return reply;
  }

  /** Ends every stream; a closing server would wait for them for ever. */
  stop(): void {
    this.#stopped = true;
    for (const stop of this.#open) stop.abort();
  }

  async #pump(
    raw: ServerResponse,
    run_id: string,
    { after, finished: done, mayGoOn }: Following & { readonly finished: boolean },
    stop: AbortSignal,
  ): Promise<void> {
    const { view, clock } = this.#deps;
    const bell = new Bell(clock);
    const unhint = view.onEvents(run_id, () => bell.ring());
    stop.addEventListener('abort', () => bell.ring(), { once: true });
    let [last, finished, spokeAt, judgedAt] = [after, done, clock.monotonic(), clock.monotonic()];
    try {
      while (!stop.aborted) {
        if (clock.monotonic() - judgedAt >= JUDGE_EVERY_MS) {
          if (!(await mayGoOn())) return;
          judgedAt = clock.monotonic();
        }
        const events = await view.events(run_id, last);
        for (const event of events) {
          await this.#write(raw, frameOf(event), stop);
          if (stop.aborted) return;
          last = event.seq;
          finished ||= event.type === 'run_finished';
        }
        if (events.length > 0) spokeAt = clock.monotonic();
        if (events.length >= MAX_EVENTS) continue;
        if (finished) return;
        if (clock.monotonic() - spokeAt >= HEARTBEAT_MS) {
          await this.#write(raw, ': still here\n\n', stop);
          spokeAt = clock.monotonic();
        }
        await bell.wait(ASK_EVERY_MS);
      }
    } finally {
      unhint();
    }
  }

  /** Waits while the client does not keep up; one that takes nothing for long is cut off. */
  async #write(raw: ServerResponse, text: string, stop: AbortSignal): Promise<void> {
    if (stop.aborted || raw.write(text)) return;
    const bell = new Bell(this.#deps.clock);
    let drained = false;
    const drain = (): void => {
      drained = true;
      bell.ring();
    };
    const quit = (): void => bell.ring();
    raw.once('drain', drain);
    stop.addEventListener('abort', quit, { once: true });
    await bell.wait(STALLED_MS);
    raw.off('drain', drain);
    stop.removeEventListener('abort', quit);
    if (!drained) raw.destroy();
  }
}

/** Wakes one waiter early. A ring that nobody waits for is kept for the next wait, so that nothing is missed in between. */
class Bell {
  readonly #clock: Clock;
  #rung = false;
  #waiting: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#rung = true;
    this.#waiting?.abort();
  }

  async wait(at_most_ms: number): Promise<void> {
    if (!this.#rung) {
      this.#waiting = new AbortController();
      await sleep(this.#clock, at_most_ms, this.#waiting.signal);
      this.#waiting = null;
    }
    this.#rung = false;
  }
}

function frameOf(event: StoredEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
