import type { Alert } from '../../domain/alert/alert.js';
import type { Lookup, Plan } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import type { AskCondition, ConditionAnswer } from '../../domain/run/proof.js';
import { shown } from '../fits.js';
import { intendedBy } from '../recording.js';
import type { Asked, Reply } from '../recording.js';
import type { PeopleAnswer, Question } from '../people.js';
import type { Cast } from '../world.js';
import type { Deviations, Option, Point, Turn } from './fate.js';
import type { Findings } from './findings.js';

/** What an exploration knows of the playbook. */
export interface Known {
  readonly findings: (task_id: string) => Findings;
  /** Whether it matters if a task takes longer than what runs beside it. */
  readonly isPaced: (task_id: string) => boolean;
  /** True where the alert's own condition can be asked; else nobody is there to be asked. */
  readonly asks_condition: boolean;
}

/** Kinds that the product answers itself and that nothing can go wrong with. */
const QUIET: ReadonlySet<string> = new Set(['approval', 'confirmation', 'wait', 'playbook']);
/** How many answers to the same question may differ. */
const MOST_ANSWERS = 3;
const NOTHING = 'nothing-';
/** The end of the key of a point at which a step is at once or late. */
export const PACE = 'pace';
const AT_ONCE = 'at-once';
/** Longer than what runs beside it, and too short for any time limit, whoever else takes as long. */
const LATE_MS = 20;
const PACES: readonly Option[] = [
  { id: AT_ONCE, words: '', fault: false },
  { id: 'late', words: 'takes longer than what runs beside it', fault: false },
];
const PEOPLE_TAKE_MS = 60_000;
/** How long it takes where the alert resolves meanwhile. */
const RESOLVES_WITHIN_MS = 2_000;

/** Plays everybody outside: as hoped for, but for the points where a path deviates. Every point that it comes to is noted. */
export class ExploringCast implements Cast {
  readonly turns: Turn[] = [];
  /** Readings whose answer held no data, as `run_id step_id`: such an answer may look like any other. */
  readonly empty = new Set<string>();
  readonly #known: Known;
  readonly #deviations: Deviations;
  /** What the runs are like now, in one text. */
  readonly #state: () => string;
  /** True where the rest of a path is known already. */
  readonly #isKnown: (turn: Turn, turns: readonly Turn[]) => boolean;
  readonly #onResolve: (delay_ms: number) => void;
  readonly #asked = new Map<string, number>();
  /** What really became of each write, and of how much of it anybody can tell. */
  readonly #done = new Map<string, boolean>();
  /** How the attempts that are under way will end. */
  readonly #underWay = new Map<string, string>();
  #wrote = false;
  /** How many steps take their time: each of them longer than those before. */
  #late = 0;
  #resolved = false;
  /** From here on the rest is known, and nothing more needs to be found out. */
  over = false;

  constructor(options: {
    known: Known;
    deviations: Deviations;
    state: () => string;
    isKnown: (turn: Turn, turns: readonly Turn[]) => boolean;
    onResolve: (delay_ms: number) => void;
  }) {
    this.#known = options.known;
    this.#deviations = options.deviations;
    this.#state = options.state;
    this.#isKnown = options.isKnown;
    this.#onResolve = options.onResolve;
  }

  reply(asked: Asked): Reply {
    const options = this.#optionsOf(asked);
    if (options.length === 0) return { type: 'real' };
    const subject = asked.undo && !asked.step_id.endsWith(':undo') ? `${asked.step_id}:undo` : asked.step_id;
    // Who asks for the fourth time, as a look whether it helped does, hears the same as before.
    const turn = Math.min(MOST_ANSWERS, this.#count(`${asked.idempotency_key} ${subject}`));
    const option = this.#choose({ key: `${asked.idempotency_key} ${subject} ${turn}`, subject, options }, true);
    this.#underWay.set(`${asked.run_id} ${subject}`, option.id);
    const reply: Reply = this.#paced(option.reply ?? { type: 'real' }, option, { asked, subject, turn });
    if (asked.effect === 'write' && 'done' in reply) {
      this.#done.set(asked.idempotency_key, reply.done || this.#done.get(asked.idempotency_key) === true);
      if (reply.done) this.#wrote = true;
    }
    if (!option.resolves) return reply;
    this.#resolve();
    return { ...reply, takes_ms: RESOLVES_WITHIN_MS };
  }

  /** What takes its time lets everything that runs beside it go first. Only what comes to an end by itself has a pace. */
  #paced(
    reply: Reply,
    option: Option,
    { asked, subject, turn }: { asked: Asked; subject: string; turn: number },
  ): Reply {
    if (reply.type !== 'outcome' || option.resolves || asked.undo || turn > 1) return reply;
    if (!this.#known.isPaced(taskOf(asked.step_id))) return reply;
    const pace = this.#choose({ key: `${asked.idempotency_key} ${subject} ${PACE}`, subject, options: PACES });
    if (pace.id === AT_ONCE) return reply;
    this.#underWay.set(`${asked.run_id} ${subject}`, `${option.id} ${pace.id}`);
    this.#late += 1;
    return { ...reply, takes_ms: this.#late * LATE_MS };
  }

  plan(asked: Asked): Plan | null {
    const key = `plan ${asked.idempotency_key} ${this.#count(`plan ${asked.idempotency_key}`)}`;
    const option = this.#choose({
      key,
      subject: asked.step_id,
      options: [
        { id: 'planned', words: '', fault: false },
        { id: 'guarded', words: 'is refused by a guard', fault: true },
      ],
    });
    if (option.id === 'guarded') return { type: 'failed', reason: 'a guard refuses it', retryable: false };
    return { type: 'change', intent: { ...intendedBy(asked.kind, asked.input), from: 'before', to: 'after' } };
  }

  lookup(asked: Asked): Lookup {
    const isDone = this.#done.get(asked.idempotency_key) === true;
    const truth = isDone ? 'it was done' : 'it was not done';
    const option = this.#choose({
      key: `lookup ${asked.idempotency_key} ${this.#count(`lookup ${asked.idempotency_key}`)}`,
      subject: asked.step_id,
      options: [
        { id: 'found', words: `is looked up: ${truth}`, fault: false },
        { id: 'unknown', words: 'is looked up: nobody can tell', fault: false },
      ],
    });
    if (option.id === 'unknown') return { type: 'unknown', reason: 'nobody can tell' };
    return isDone ? { type: 'done', output: this.#outputFor(asked) } : { type: 'not_done' };
  }

  answer({ run, step_id, about }: Question): PeopleAnswer | null {
    const truth =
      this.#done.get(`${run.run_id}:${step_id.replace(/:undo$/, '')}:${step_id.endsWith(':undo') ? 'undo' : 'do'}`) ===
      true;
    const option = this.#choose({
      key: `${about} ${run.run_id} ${step_id} ${this.#count(`${about} ${run.run_id} ${step_id}`)}`,
      subject: step_id,
      options: PEOPLE[about](truth),
    });
    if (option.resolves) this.#resolve();
    if (option.id.startsWith('nobody')) return null;
    return { yes: option.id === 'yes', by: null, after_ms: PEOPLE_TAKE_MS };
  }

  condition(_alert: Alert): AskCondition | null {
    if (!this.#known.asks_condition) return null;
    return () => Promise.resolve(this.#conditionNow());
  }

  /** An attempt has ended: how it was to end is history, but for what counts of it. */
  ended(run_id: string, step_id: string, succeeded: boolean): void {
    const key = `${run_id} ${step_id}`;
    if (succeeded && this.#underWay.get(key)?.startsWith(NOTHING)) this.empty.add(key);
    this.#underWay.delete(key);
  }

  #conditionNow(): ConditionAnswer {
    const when = this.#wrote ? 'after' : 'before';
    const [hoped, other] = this.#wrote ? (['over', 'holds'] as const) : (['holds', 'over'] as const);
    const word = (type: string): string => CONDITION_WORDS[type] ?? type;
    const options: Option[] = [hoped, other, 'no_data'].map((id) => ({ id, words: word(id), fault: false }));
    const { id } = this.#choose({ key: `condition ${when}`, subject: "the alert's own condition", options }, true);
    if (id === 'holds' || id === 'over') return { type: id, evidence: {} };
    return { type: 'no_data', reason: 'there is no data', evidence: {} };
  }

  #count(name: string): number {
    const count = (this.#asked.get(name) ?? 0) + 1;
    this.#asked.set(name, count);
    return count;
  }

  #resolve(): void {
    if (this.#resolved) return;
    this.#resolved = true;
    this.#onResolve(RESOLVES_WITHIN_MS / 2);
  }

  /** `once`: whoever asks the same again gets the same answer. */
  #choose(point: Point, once = false): Option {
    const earlier = once ? this.turns.find((turn) => turn.point.key === point.key) : undefined;
    if (earlier) return earlier.option;
    const [hoped] = point.options;
    const option = point.options.find(({ id }) => id === this.#deviations.get(point.key)) ?? hoped;
    if (!option) throw new Error(`nothing can happen at ${point.key}`);
    const turn: Turn = { point, option, state: this.over ? '' : this.#describe(point.key) };
    if (!this.over && this.#isKnown(turn, this.turns)) this.over = true;
    if (!this.over) this.turns.push(turn);
    return option;
  }

  #describe(key: string): string {
    return JSON.stringify([
      key,
      this.#state(),
      [...this.#underWay],
      [...this.#done],
      [...this.empty],
      this.#resolved,
      this.#wrote,
    ]);
  }

  #optionsOf(asked: Asked): Option[] {
    if (QUIET.has(asked.kind)) return [];
    if (asked.effect === 'notify') return NOTIFY;
    const resolves: Option[] = this.#resolved || asked.undo ? [] : [RESOLVE];
    if (asked.effect === 'write')
      return [...this.#writes(asked), ...resolves.map((option) => ({ ...option, reply: this.#doneReply(asked) }))];
    const { outputs, nothing } = this.#known.findings(taskOf(asked.step_id));
    const found = outputs.map((output, index): Option => ({
      id: `found-${index}`,
      words: `finds ${shown(output)}`,
      fault: false,
      reply: succeeded(output),
    }));
    const empty = nothing.map((output, index): Option => ({
      id: `${NOTHING}${index}`,
      words: `finds no data: ${shown(output)}`,
      fault: false,
      reply: succeeded(output),
    }));
    return [
      ...found,
      ...empty,
      ...READ_FAULTS,
      ...resolves.map((option) => ({ ...option, reply: succeeded(outputs[0] ?? null) })),
    ];
  }

  #writes(asked: Asked): Option[] {
    const what = asked.undo ? 'is taken back' : 'is done';
    const cut = (id: string, words: string, type: 'hangs' | 'crashes', done: boolean): Option => ({
      id,
      words,
      fault: true,
      reply: { type, done },
    });
    return [
      { id: 'done', words: what, fault: false, reply: this.#doneReply(asked) },
      { id: 'fails', words: 'fails, and has changed nothing', fault: true, reply: failed(false, null) },
      { id: 'fails-late', words: `${what}, and then fails`, fault: true, reply: failed(true, asked) },
      cut('hangs-done', `${what}, but no answer comes within its time`, 'hangs', true),
      cut('hangs', 'gets no answer within its time, and has changed nothing', 'hangs', false),
      cut('crash-before', 'is about to be done when Fixpoint is killed', 'crashes', false),
      cut('crash-after', `${what}, and Fixpoint is killed before it can note that`, 'crashes', true),
    ];
  }

  #doneReply(asked: Asked): Reply {
    const change = asked.change ?? intendedBy(asked.kind, asked.input);
    return { type: 'outcome', done: true, outcome: { type: 'succeeded', output: this.#outputFor(asked), change } };
  }

  #outputFor(asked: Asked): unknown {
    return this.#known.findings(taskOf(asked.step_id)).outputs[0] ?? null;
  }
}

const CONDITION_WORDS: Readonly<Record<string, string>> = {
  holds: 'holds',
  over: 'is over',
  no_data: 'cannot be told: there is no data',
};

const RESOLVE: Option = { id: 'resolves', words: 'is done while the alert resolves', fault: false, resolves: true };

const READ_FAULTS: readonly Option[] = [
  { id: 'fails', words: 'fails', fault: true, reply: failed(false, null) },
  { id: 'hangs', words: 'gets no answer within its time', fault: true, reply: { type: 'hangs', done: false } },
  { id: 'crash', words: 'is being done when Fixpoint is killed', fault: true, reply: { type: 'crashes', done: false } },
];

const NOTIFY: Option[] = [
  { id: 'sent', words: 'is sent', fault: false },
  { id: 'fails', words: 'cannot be sent', fault: true, reply: failed(false, null) },
];

const WAITS: Option = { id: 'nobody', words: 'nobody answers', fault: false };
const WAITS_RESOLVED: Option = {
  id: 'nobody',
  words: 'nobody answers, and the alert resolves',
  fault: false,
  resolves: true,
};

const PEOPLE: Record<Question['about'], (truth: boolean) => Option[]> = {
  approval: () => [
    { id: 'yes', words: 'is approved', fault: false },
    { id: 'no', words: 'is denied', fault: false },
    WAITS,
    { ...WAITS_RESOLVED, id: 'nobody-resolved' },
  ],
  confirmation: () => [
    { id: 'yes', words: 'somebody says that it is solved', fault: false },
    { id: 'no', words: 'somebody says that it is not solved', fault: false },
    WAITS,
  ],
  in_doubt: (truth) => [
    { id: truth ? 'yes' : 'no', words: `a person finds that it was ${truth ? '' : 'not '}done`, fault: false },
    WAITS,
  ],
};

function succeeded(output: unknown): Reply {
  return { type: 'outcome', done: false, outcome: { type: 'succeeded', output } };
}

function failed(done: boolean, asked: Asked | null): Reply {
  const change = asked && (asked.change ?? intendedBy(asked.kind, asked.input));
  const outcome: Outcome = { type: 'failed', reason: 'it failed', retryable: false, ...(change ? { change } : {}) };
  return { type: 'outcome', done, outcome };
}

/** The task that a step, an item of a list or what takes one back stands for. */
export function taskOf(step_id: string): string {
  return step_id.replace(/:undo$/, '').replace(/\[\d+\]$/, '');
}
