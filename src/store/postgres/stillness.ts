import type { Db, Statement } from '../db.js';

/**
 * Asks a question that is asked every second. Where this process alone changes the database, one that found nothing is not asked again before
 * something may have changed or is due: a service with nothing to do costs next to nothing. Its lease is renewed every few seconds, which counts
 * as a change: no stillness is longer than that, whatever clocks do.
 */
export class Stillness {
  readonly #db: Db;
  #still: { readonly activity: number; readonly asker: string; readonly due: string | null } | null = null;

  constructor(db: Db) {
    this.#db = db;
  }

  /** Answers `statement` as asked by `asker` at the instant `now`. `next` answers one row whose `at` is when there will be something, or null. */
  async ask<Row>(asker: string, now: string, statement: Statement, next: Statement | null): Promise<Row[]> {
    const activity = this.#db.activity();
    const still = this.#still;
    if (still?.activity === activity && still?.asker === asker && (still.due === null || now < still.due)) return [];
    this.#still = null;
    const rows = await this.#db.query<Row>({ ...statement, looks: true });
    if (rows.length > 0 || activity === null) return rows;
    const [found] = next === null ? [] : await this.#db.query<{ at: string | null }>({ ...next, looks: true });
    this.#still = { activity, asker, due: found?.at ?? null };
    return rows;
  }
}
