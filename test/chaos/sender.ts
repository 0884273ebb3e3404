import type { Member } from './member.js';
import { bodyOf } from './story.js';
import type { Condition, Delivery } from './story.js';

/** One alert that was accepted: its id, and what it was about. */
export interface Accepted {
  readonly alert_id: string;
  readonly delivery: Delivery;
  readonly condition: Condition;
  readonly status: 'firing' | 'resolved';
}

/** What became of everything that was sent. */
export interface Sent {
  readonly accepted: Accepted[];
  /** Answers that no sender should ever get. */
  readonly refused: string[];
  /** How often a sender had to try again, by what it had heard. */
  readonly again: Map<string, number>;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;

/** Sends one body as an Alertmanager does: to a process that is up, again after 503 or no answer, until it was accepted. */
export async function deliver(
  delivery: Delivery,
  status: 'firing' | 'resolved',
  members: readonly Member[],
  sent: Sent,
  signal: AbortSignal,
): Promise<void> {
  const body = bodyOf(delivery, status);
  for (let tries = 0; !signal.aborted; tries++) {
    const heard = await post(body, members, tries);
    if (typeof heard === 'string') {
      sent.again.set(heard, (sent.again.get(heard) ?? 0) + 1);
      await pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10)), signal);
      continue;
    }
    if ('refused' in heard) return void sent.refused.push(heard.refused);
    if (heard.ids.length !== delivery.conditions.length)
      return void sent.refused.push(`202 with ${heard.ids.length} of ${delivery.conditions.length} alerts`);
    for (const [index, condition] of delivery.conditions.entries())
      sent.accepted.push({ alert_id: heard.ids[index] ?? '', delivery, condition, status });
    return;
  }
  sent.refused.push(`never accepted: ${delivery.group}`);
}

/** Ids; or what was wrong with an answer; or, in a word, why to try again. */
async function post(
  body: string,
  members: readonly Member[],
  tries: number,
): Promise<{ ids: string[] } | { refused: string } | string> {
  const up = members.filter((member) => member.hasApi && (member.isUp || tries % 3 === 2));
  const member = up[Math.floor(Math.random() * up.length)];
  if (!member) return 'nobody up';
  let answer: Response;
  try {
    answer = await member.post('/api/v1/webhooks/alertmanager', body);
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'no answer' : 'no connection';
  }
  if (answer.status === 503) {
    const wait = answer.headers.get('retry-after');
    await answer.text().catch(() => '');
    return wait === null ? { refused: '503 without Retry-After' } : '503';
  }
  if (answer.status !== 202)
    return { refused: `${answer.status} ${await answer.text().catch(() => '')}`.slice(0, 300) };
  try {
    const { alerts } = (await answer.json()) as { alerts: { alert_id: string }[] }; // what a 202 holds
    return { ids: alerts.map(({ alert_id }) => alert_id) };
  } catch {
    return 'answer cut';
  }
}

/** Waits, but not past the end. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
