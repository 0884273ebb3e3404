import { badCursor } from '../../domain/page.js';
import type { Page, PageRequest } from '../../domain/page.js';

/** An id is made a moment before what it names is received. */
export const ID_SLACK_MS = 60_000;
/** Sorts after every id. */
export const AFTER_ALL = '~';

/** SQL conditions with their values, joined by `and`. Values are parameters, never text. */
export class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];

  /** `sql` holds `$` where the value's number goes. A value that was not asked for adds nothing. */
  add(sql: string, value: unknown): this {
    if (value === undefined || value === null) return this;
    this.values.push(value);
    this.#parts.push(sql.replace('$', `$${this.values.length}`));
    return this;
  }

  /** A condition whose values have their numbers from `param`. */
  addText(sql: string): this {
    this.#parts.push(sql);
    return this;
  }

  /** The number of a further parameter. */
  param(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  get where(): string {
    return this.#parts.length === 0 ? '' : `where ${this.#parts.join(' and ')}`;
  }
}

/** What the last item of a page is told by: its id, or the instant that such a list is sorted by. */
const CURSORS = {
  id: /^[0-7][0-9A-HJKMNP-TV-Z]{9,25}$/,
  instant: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
};

/** The cursor of a page, if it is one of such a list's; anything else is refused, for it would lead to the wrong page without a word. */
export function checkCursor({ cursor }: PageRequest, by: keyof typeof CURSORS = 'id'): string | null {
  if (cursor !== null && !CURSORS[by].test(cursor)) throw badCursor();
  return cursor;
}

/** Makes a page of up to `limit` items out of `limit + 1` rows. */
export function pageOf<Item>(rows: readonly Item[], limit: number, idOf: (item: Item) => string): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next_cursor: rows.length > limit && last !== undefined ? idOf(last) : null };
}
