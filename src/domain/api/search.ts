import { z } from 'zod';
import { Instant } from '../alert.js';

/** What is looked for: the beginning of an id, or a word. */
export const SearchQuery = z.strictObject({
  q: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters'),
});

export const SearchType = z.enum(['alert', 'run', 'incident', 'playbook', 'rule']);
export type SearchType = z.infer<typeof SearchType>;

/** One thing that was found. */
export const SearchItem = z.object({
  type: SearchType,
  id: z.string(),
  title: z.string(),
  detail: z.string().describe('What tells it from others of the same title'),
  at: Instant.nullable(),
});
export type SearchItem = z.infer<typeof SearchItem>;

/** What a search has found: at most 10 of each type, those whose id begins so first, then the newest. */
export const SearchAnswer = z.object({
  items: z.array(SearchItem),
  complete: z.boolean().describe('False: there is more, or more to look at than a search looks at'),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;
