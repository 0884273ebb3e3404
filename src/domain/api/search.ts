import { z } from 'zod';
import { Instant, Severity } from '../alert/alert.js';
import { Priority } from '../incident/incident.js';

export const SearchType = z.enum(['alert', 'run', 'incident', 'playbook', 'rule']);
export type SearchType = z.infer<typeof SearchType>;

/** How many of each type are found unless more are asked for, and how many at most. */
export const SEARCH_LIMIT = 10;
export const MAX_SEARCH_LIMIT = 100;

/** What is looked for: the beginning of an id, or a word. */
export const SearchQuery = z.strictObject({
  q: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters'),
  type: SearchType.exactOptional().describe('Only these; absent: all'),
  limit: z.coerce.number().int().min(1).max(MAX_SEARCH_LIMIT).default(SEARCH_LIMIT).describe('Of each type'),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

/** One thing that was found. */
export const SearchItem = z.object({
  type: SearchType,
  id: z.string(),
  title: z.string(),
  detail: z.string().describe('What tells it from others of the same title'),
  at: Instant.nullable(),
  severity: Severity.exactOptional().describe('Of alerts'),
  priority: Priority.exactOptional().describe('Of incidents'),
  state: z.string().exactOptional().describe('Of incidents and runs; of alerts their status'),
});
export type SearchItem = z.infer<typeof SearchItem>;

/** What a search has found: so many of each type, those whose id begins so first, then the newest. */
export const SearchAnswer = z.object({
  items: z.array(SearchItem),
  more: z.array(SearchType).describe('Types of which there is more than is answered'),
  complete: z.boolean().describe('False: there is more, or more to look at than a search looks at'),
});
export type SearchAnswer = z.infer<typeof SearchAnswer>;
