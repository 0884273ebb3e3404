import { z } from 'zod';
import { instant } from '../clock.js';
import { Duration, parseDuration } from '../duration.js';
import { badCursor } from '../page.js';
import type { PageRequest } from '../page.js';

/** The most that one answer lists. */
export const MAX_PAGE = 200;

const NO_CONTROLS = /^[^\p{Cc}\p{Cs}]*$/u;

/** A text to filter by. Control characters are refused: a database cannot be asked for them. */
export const FilterText = z.string().min(1).max(1_000).regex(NO_CONTROLS, 'expected text without control characters');

/** An instant with its offset, or a duration such as `24h`: that long ago. */
export const Since = z.union([z.iso.datetime({ offset: true }), Duration], {
  error: 'expected an instant such as 2026-11-21T10:00:00Z, or a duration such as 24h',
});

/** The instant that a `Since` means at `now` (milliseconds since the epoch). */
export function sinceInstant(since: string, now: number): string {
  const ago = parseDuration(since);
  return instant(ago === null ? Date.parse(since) : now - ago);
}

/** What every list takes; a larger `limit` is answered with 200 items. */
export const PageQuery = z.strictObject({
  limit: z.coerce
    .number({ error: 'expected a whole number from 1 to 200' })
    .int()
    .min(1)
    .overwrite((limit) => Math.min(limit, MAX_PAGE))
    .default(50)
    .describe('How many items, at most 200'),
  cursor: FilterText.exactOptional().describe('`next_cursor` of the page before'),
});

/** The page that a list's query asks for. */
export function pageRequest(query: { readonly limit: number; readonly cursor?: string }): PageRequest {
  return { limit: query.limit, cursor: query.cursor ?? null };
}

/** A list's answer: newest first unless the list says otherwise; `next_cursor` is null on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

/** One page of a list that is held in memory; the cursor is the place where the page begins. */
export function pageOfArray<Item>(
  items: readonly Item[],
  page: PageRequest,
): { readonly items: readonly Item[]; readonly next_cursor: string | null } {
  if (page.cursor !== null && !/^\d{1,9}$/.test(page.cursor)) throw badCursor();
  const start = Number(page.cursor ?? 0);
  const end = start + page.limit;
  return { items: items.slice(start, end), next_cursor: end < items.length ? String(end) : null };
}
