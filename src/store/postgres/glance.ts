import type { Clock } from '../../domain/clock.js';
import { instant } from '../../domain/clock.js';
import type { Db } from '../db.js';
import { HOLDER_IS_GONE } from './workers.js';

/** What there is to be done, for those who ask every second. */
export interface Seen {
  /** Runs that nobody works on, or whose worker's lease has ended. */
  readonly free: boolean;
  /** Runs of the asking worker that are to be looked at. */
  readonly poked: boolean;
  /** Alerts whose decision is due. */
  readonly due: boolean;
  /** Occurrences or clocks that incidents have not heard of. */
  readonly incidents: boolean;
  /** Changes whenever silences or maintenance windows do. */
  readonly suppressions: string | null;
}

type Row = Seen & { readonly next: string | null };

const NOW = '$2::timestamptz';
/** `next` is when the first of it is due by itself. */
const LOOK = `select
    exists (select from runs where open and (
      (lease_owner is null and (wake_at <= ${NOW} or poked))
      or (lease_owner is not null and ${HOLDER_IS_GONE}))) as free,
    exists (select from runs where lease_owner = $1 and open and poked) as poked,
    exists (select from alerts where due_at <= ${NOW}) as due,
    exists (select from occurrences where untold) or exists (select from incidents where next_at <= ${NOW}) as incidents,
    (select value #>> '{}' from settings where name = 'suppressions') as suppressions,
    least((select min(wake_at) from runs where open and lease_owner is null), (select min(until) from workers where until > now()),
      (select min(due_at) from alerts where due_at < 'infinity'), (select min(next_at) from incidents)) as next`;

/** Those who look at the same beat are some milliseconds apart. */
const SHARED_FOR_MS = 25;

/**
 * One question for all who ask every second whether there is something for them. Its answer is shared by those who ask within some milliseconds, as
 * long as this process changes nothing. Where no other process changes the database, an answer that found nothing stands until something may have
 * changed or is due: a service with nothing to do costs next to nothing. Its lease is renewed every few seconds, which counts as a change: no
 * stillness is longer than that, whatever clocks do.
 */
export class Glance {
  readonly #db: Db;
  readonly #clock: Pick<Clock, 'now'>;
  #worker = '';
  #last: Look | null = null;

  constructor(db: Db, clock: Pick<Clock, 'now'>) {
    this.#db = db;
    this.#clock = clock;
  }

  /** What there is at the instant `now`, which is this moment unless said; `poked` is told to a worker who names himself. */
  look(asked: { now?: string; worker?: string } = {}): Promise<Seen> {
    if (asked.worker !== undefined) this.#worker = asked.worker;
    const now = asked.now ?? instant(this.#clock.now());
    if (this.#last === null || !this.#stands(this.#last, now)) this.#last = this.#ask(now);
    return this.#last.answer;
  }

  #stands({ activity, worker, now: then, next }: Look, now: string): boolean {
    if (activity !== this.#db.activity() || worker !== this.#worker || now < then) return false;
    if (this.#db.kind === 'embedded' && next !== undefined && (next === null || now < next)) return true;
    return Date.parse(now) - Date.parse(then) <= SHARED_FOR_MS;
  }

  #ask(now: string): Look {
    const worker = this.#worker;
    const answer = this.#db.query<Row>({ name: 'glance', text: LOOK, values: [worker, now], looks: true });
    const look: Look = { activity: this.#db.activity(), worker, now, answer: answer.then(first) };
    look.answer.then(
      (row) => {
        if (!row.free && !row.poked && !row.due && !row.incidents) look.next = row.next;
      },
      () => {
        // Nobody shares a failure with who has caused it.
        if (this.#last === look) this.#last = null;
      },
    );
    return look;
  }
}

/** One answer, and what it holds for. `next` is there when it has found nothing. */
interface Look {
  readonly activity: number;
  readonly worker: string;
  readonly now: string;
  readonly answer: Promise<Row>;
  next?: string | null;
}

function first([row]: Row[]): Row {
  if (row === undefined) throw new TypeError('a select of values answered no row');
  return row;
}
