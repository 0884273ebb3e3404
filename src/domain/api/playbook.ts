import { z } from 'zod';
import { Instant } from '../alert.js';
import { Playbook } from '../playbook.js';

/** A playbook in a list. */
export const PlaybookItem = z.object({
  playbook_id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  mode: Playbook.shape.mode.unwrap().nullable().describe('null: the configured default_mode'),
  version: z.string(),
  file: z.string(),
  task_count: z.int(),
});
export type PlaybookItem = z.infer<typeof PlaybookItem>;

/** What is wrong with a file on disk; the last good version of it stays in force. */
export const ProblemAnswer = z.object({ file: z.string(), line: z.int(), column: z.int(), message: z.string() });

/** One playbook: as it is written, as it was understood, and as a graph. */
export const PlaybookAnswer = PlaybookItem.extend({
  source: z.string().describe('The YAML as it stands in the file'),
  playbook: Playbook,
  graph: z.object({
    nodes: z.array(
      z.object({
        task_id: z.string(),
        name: z.string(),
        kind: z.string(),
        effect: z.enum(['read', 'write', 'notify']).nullable().describe('null: the parameters decide'),
      }),
    ),
    edges: z.array(z.object({ from: z.string(), to: z.string() })),
  }),
});
export type PlaybookAnswer = z.infer<typeof PlaybookAnswer>;

/** One version that was ever in force. */
export const PlaybookVersionAnswer = z.object({
  playbook_id: z.string(),
  version: z.string(),
  source: z.string(),
  first_seen_at: Instant,
});
