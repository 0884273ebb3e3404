import { z } from 'zod';
import { Severity } from '../domain/alert/alert.js';
import type { Notice } from '../domain/notifier.js';

/** Who is called by name in a chat, and from which severities on: good news wakes nobody. */
export const Mention = z.strictObject({
  user_ids: z.array(z.string().min(1).max(100)).max(50).default([]),
  mobiles: z
    .array(z.string().regex(/^\+?[\d-]{5,20}$/, 'expected a telephone number'))
    .max(50)
    .default([]),
  all: z.boolean().default(false),
  severities: z.array(Severity).min(1).default(['critical', 'warning']),
});
export type Mention = z.infer<typeof Mention>;

/** The mention that this notice deserves; null when it calls nobody. */
export function mentionFor(notice: Notice, mention: Mention | undefined): Mention | null {
  if (!mention?.severities.includes(notice.severity)) return null;
  return mention.all || mention.user_ids.length > 0 || mention.mobiles.length > 0 ? mention : null;
}
