import { z } from 'zod';
import { Role } from '../access/access.js';
import { Instant } from '../alert/alert.js';

/** What people call a token, in lists and in the audit; several tokens may bear one name. */
export const TokenName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters');

/** What makes a token. */
export const TokenDraft = z.strictObject({
  name: TokenName,
  role: Role.describe(
    'ingest posts alerts, viewer reads, operator also starts and steers runs, approver also answers approvals, admin everything',
  ),
});

/** A token as it is listed: never with its text, which is not kept. */
export const TokenAnswer = z.object({ token_id: z.string(), name: z.string(), role: Role, created_at: Instant });

/** A token that was just made: this answer is the only place where its text can be seen. */
export const NewTokenAnswer = TokenAnswer.extend({ token: z.string() });
export type NewTokenAnswer = z.infer<typeof NewTokenAnswer>;
