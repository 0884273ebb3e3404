import type { Alert } from '../domain/alert/alert.js';
import { durationMs } from '../domain/duration.js';
import type { Lookup, Plan } from '../domain/executor.js';
import type { Outcome } from '../domain/run/outcome.js';
import type { MockedAnswer, PlaybookTest } from '../domain/playbook-test.js';
import type { AskCondition } from '../domain/run/proof.js';
import type { DataPath } from '../domain/schema-problem.js';
import { misfit, shown } from './fits.js';
import { intendedBy } from './recording.js';
import type { Asked, Reply } from './recording.js';
import type { PeopleAnswer, Question } from './people.js';
import type { Cast } from './world.js';

/** What the product itself answers where a test says nothing: nothing outside is touched by these. */
const BY_ITSELF: ReadonlySet<string> = new Set(['approval', 'confirmation', 'wait', 'playbook', 'notification']);
const PEOPLE_TAKE_MS = 60_000;

/** Something that a test left out, or that it is wrong about. */
export interface Complaint {
  readonly path: DataPath;
  readonly message: string;
}

interface Said {
  readonly answer: string;
  readonly by?: string | undefined;
  readonly after?: string | undefined;
}

interface Found {
  readonly path: DataPath;
  readonly answers: MockedAnswer | readonly MockedAnswer[];
}

/** Plays the world outside as a test says. */
export class ScriptedCast implements Cast {
  readonly complaints: Complaint[] = [];
  /** Answers of the test that were asked for. */
  readonly used = new Set<string>();
  readonly #test: PlaybookTest;
  readonly #turns = new Map<string, number>();
  readonly #last = new Map<string, MockedAnswer>();
  #wrote = false;

  constructor(test: PlaybookTest) {
    this.#test = test;
  }

  reply(asked: Asked): Reply {
    const found = this.#find(asked);
    if (!found) return this.#unsaid(asked);
    const turn = this.#turns.get(asked.idempotency_key) ?? 0;
    this.#turns.set(asked.idempotency_key, turn + 1);
    const answer = answerAt(found.answers, turn);
    if (!answer) return this.#unsaid(asked);
    this.#last.set(asked.idempotency_key, answer);
    const reply = replyOf(asked, answer);
    const takes_ms = answer.takes === undefined ? undefined : durationMs(answer.takes);
    if (asked.effect === 'write' && 'done' in reply && reply.done) this.#wrote = true;
    return takes_ms === undefined ? reply : { ...reply, takes_ms };
  }

  /** What an approver is shown is what the answer will say was changed. */
  plan(asked: Asked): Plan | null {
    const found = this.#find(asked);
    const answer = found && answerAt(found.answers, this.#turns.get(asked.idempotency_key) ?? 0);
    if (!answer?.change) return null;
    return { type: 'change', intent: { ...intendedBy(asked.kind, asked.input), ...defined(answer.change) } };
  }

  lookup(asked: Asked): Lookup {
    const answer = this.#last.get(asked.idempotency_key);
    const wasDone = answer?.crashes !== 'before_effect';
    switch (answer?.lookup ?? (wasDone ? 'done' : 'not_done')) {
      case 'done':
        return { type: 'done', output: answer?.output ?? null };
      case 'not_done':
        return { type: 'not_done' };
      case 'unknown':
        return { type: 'unknown', reason: 'the test says so' };
    }
  }

  answer({ step_id, about }: Question): PeopleAnswer | null {
    const [key, words] = PEOPLE[about];
    const said = this.#test[key][step_id];
    if (said === undefined) {
      const example = `${key}: {${step_id}: ${words.join(' | ')}}`;
      this.#complain(
        [key],
        `people are asked at step ${step_id} and the test does not say what they answer: ${example}`,
      );
      return null;
    }
    this.used.add(`${key}.${step_id}`);
    const person: Said = typeof said === 'string' ? { answer: said } : said;
    if (person.answer === 'nobody') return null;
    const yes = person.answer === 'approve' || person.answer === 'solved' || person.answer === 'done';
    const after_ms = person.after === undefined ? PEOPLE_TAKE_MS : durationMs(person.after);
    return { yes, by: person.by ?? null, after_ms };
  }

  condition(_alert: Alert): AskCondition | null {
    const { condition } = this.#test;
    if (!condition) return null;
    return () => {
      const type = this.#wrote ? condition.after : condition.before;
      if (type === 'holds' || type === 'over') return Promise.resolve({ type, evidence: {} });
      return Promise.resolve(
        type === 'no_data' ? { type, reason: 'the test says so', evidence: {} } : { type, reason: 'the test says so' },
      );
    };
  }

  #find(asked: Asked): Found | null {
    const { answers, kinds } = this.#test;
    const ids = asked.undo ? [undoId(asked.step_id)] : [asked.step_id, asked.step_id.replace(/\[\d+\]$/, '')];
    for (const id of ids) {
      const own = Object.hasOwn(answers, id) ? answers[id] : undefined;
      if (own === undefined) continue;
      this.used.add(`answers.${id}`);
      return { path: ['answers', id], answers: own };
    }
    for (const [index, entry] of kinds.entries()) {
      if (entry.kind.toLowerCase() !== asked.kind || asked.undo) continue;
      if (entry.parameters !== undefined && misfit(entry.parameters, asked.input) !== null) continue;
      this.used.add(`kinds.${index}`);
      return { path: ['kinds', index], answers: entry.answer };
    }
    return null;
  }

  /** A step that ran and of which the test says nothing. */
  #unsaid(asked: Asked): Reply {
    if (BY_ITSELF.has(asked.kind)) return { type: 'real' };
    if (asked.dry_run) return { type: 'outcome', done: true, outcome: wouldWrite(asked) };
    const id = asked.undo ? undoId(asked.step_id) : asked.step_id;
    this.#complain(
      ['answers'],
      `step ${id} (${asked.kind}) ran, and the test has no answer for it; it was rendered as ${shown(asked.input)}`,
    );
    const outcome: Outcome = { type: 'failed', reason: 'the test has no answer for this step', retryable: false };
    return { type: 'outcome', done: false, outcome };
  }

  #complain(path: DataPath, message: string): void {
    if (!this.complaints.some((complaint) => complaint.message === message)) this.complaints.push({ path, message });
  }
}

const PEOPLE = {
  approval: ['approvals', ['approve', 'deny', 'nobody']],
  confirmation: ['confirmations', ['solved', 'not_solved', 'nobody']],
  in_doubt: ['doubts', ['done', 'not_done', 'nobody']],
} as const;

function undoId(step_id: string): string {
  return step_id.endsWith(':undo') ? step_id : `${step_id}:undo`;
}

function answerAt(answers: MockedAnswer | readonly MockedAnswer[], turn: number): MockedAnswer | undefined {
  // Array.isArray does not know readonly lists.
  const list = 'length' in answers ? answers : [answers];
  return list[Math.min(turn, list.length - 1)];
}

function replyOf(asked: Asked, answer: MockedAnswer): Reply {
  const isWrite = asked.effect === 'write';
  if (answer.failed !== undefined) {
    const { output } = answer;
    const outcome: Outcome = { type: 'failed', reason: answer.failed, retryable: answer.retryable ?? false, output };
    return { type: 'outcome', done: false, outcome };
  }
  if (answer.in_doubt !== undefined)
    return { type: 'outcome', done: true, outcome: { type: 'in_doubt', reason: answer.in_doubt } };
  if (answer.times_out) return { type: 'hangs', done: isWrite };
  if (answer.crashes !== undefined) return { type: 'crashes', done: answer.crashes === 'after_effect' };
  // What is only recorded changes nothing, and starts no cooldown.
  const change =
    answer.change === null || !isWrite || asked.dry_run
      ? null
      : { ...changeOf(asked), ...defined(answer.change ?? {}) };
  const outcome: Outcome = {
    type: 'succeeded',
    output: answer.output ?? null,
    ...(answer.summary === undefined ? {} : { summary: answer.summary }),
    change,
  };
  return { type: 'outcome', done: isWrite && change !== null, outcome };
}

function wouldWrite(asked: Asked): Outcome {
  return { type: 'succeeded', output: { dry_run: true }, summary: `would write to ${changeOf(asked).target}` };
}

function changeOf(asked: Asked) {
  return asked.change ?? intendedBy(asked.kind, asked.input);
}

/** Without the keys that say nothing. */
function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>; // what was undefined is gone
  };
}
