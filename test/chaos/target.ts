import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomOf } from './random.js';

/** What came of all calls with one idempotency key. */
export interface Tally {
  /** Which step of which run it was, as the body of the calls says. */
  readonly place: string;
  calls: number;
  /** How often something was done: a call whose key is known does nothing again. */
  effects: number;
  /** Calls that were told to come later, and did nothing. */
  turned_away: number;
  /** Calls whose sender cannot know what became of them. */
  unanswered: number;
}

/** A server whose changes are counted, and that treats some calls badly. */
export interface Target {
  readonly url: string;
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Writes without a key, or with a body that says nothing of their place. */
  readonly nameless: number;
  readonly reads: number;
  /** From now on every call is answered well. */
  behave(): void;
  close(): Promise<void>;
}

type Treatment = 'well' | 'late' | 'cut_after' | 'cut_before' | 'error_after' | 'turn_away';

/** How long a late answer takes. */
const LATE_MS = 1_500;

/** Starts it; the seed decides which keys are treated badly at their first call. */
export async function openTarget(seed: number): Promise<Target> {
  const tallies = new Map<string, Tally>();
  const counted = { nameless: 0, reads: 0 };
  const timers = new Set<NodeJS.Timeout>();
  let behaves = false;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      counted.reads += 1;
      return void answer(response, 200, { healthy: true, items: ['a', 'b', 'c'] });
    }
    void bodyOf(request).then((body) => write(request, response, body));
  });

  function write(request: IncomingMessage, response: ServerResponse, body: string): void {
    const key = request.headers['idempotency-key'];
    const named = namesIn(body);
    if (typeof key !== 'string' || named === null) {
      counted.nameless += 1;
      return void answer(response, 400, { error: 'no key or no place' });
    }
    const known = tallies.get(key);
    const { run_id, what } = named;
    const tally = known ?? { place: `${run_id} ${what}`, calls: 0, effects: 0, turned_away: 0, unanswered: 0 };
    tallies.set(key, tally);
    tally.calls += 1;
    treat(behaves || known ? 'well' : treatmentOf(seed, `${named.service} ${what}`), tally, request, response);
  }

  function treat(treatment: Treatment, tally: Tally, request: IncomingMessage, response: ServerResponse): void {
    if (treatment === 'turn_away') {
      tally.turned_away += 1;
      return void answer(response, 503, {}, { 'retry-after': '1' });
    }
    if (treatment !== 'cut_before' && tally.effects === 0) tally.effects += 1;
    if (treatment === 'cut_before' || treatment === 'cut_after') {
      tally.unanswered += 1;
      request.socket.destroy();
    } else if (treatment === 'error_after') {
      tally.unanswered += 1;
      answer(response, 500, { error: 'it broke afterwards' });
    } else if (treatment === 'late') {
      const timer = setTimeout(() => {
        timers.delete(timer);
        answer(response, 200, { done: true });
      }, LATE_MS);
      timers.add(timer);
    } else answer(response, 200, { done: true });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    tallies,
    get nameless() {
      return counted.nameless;
    },
    get reads() {
      return counted.reads;
    },
    behave: () => (behaves = true),
    close: () =>
      new Promise((resolve) => {
        for (const timer of timers) clearTimeout(timer);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function treatmentOf(seed: number, what: string): Treatment {
  const luck = randomOf(seed, what).next();
  if (luck < 0.8) return 'well';
  if (luck < 0.87) return 'late';
  if (luck < 0.9) return 'cut_after';
  if (luck < 0.93) return 'cut_before';
  if (luck < 0.96) return 'error_after';
  return 'turn_away';
}

/** A write says in its body for which step of which run it is made, and for which service: the last is known before any run. */
function namesIn(body: string): { run_id: string; service: string; what: string } | null {
  try {
    const { run, service, step, item } = JSON.parse(body) as Record<string, unknown>; // anything but an object throws or has no such key
    if (typeof run !== 'string' || typeof service !== 'string' || typeof step !== 'string') return null;
    return { run_id: run, service, what: typeof item === 'string' ? `${step} ${item}` : step };
  } catch {
    return null;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer); // a request without an encoding yields buffers
  } catch {
    // Whoever sent it is gone in the middle of it: nothing is done.
    return '';
  }
  return Buffer.concat(chunks).toString();
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
