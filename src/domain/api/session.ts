import { z } from 'zod';
import { Role } from '../access/access.js';
import { Instant } from '../alert/alert.js';

/** A token's text is never longer. */
export const MAX_TOKEN_LENGTH = 4_096;

/** What signs in: a token, as it stands in an Authorization header. */
export const SessionRequest = z.strictObject({
  token: z
    .string()
    .trim()
    .min(1)
    .max(MAX_TOKEN_LENGTH)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters'),
});

/** Who is signed in. */
export const SessionAnswer = z.object({
  name: z.string(),
  role: Role,
  csrf: z
    .string()
    .nullable()
    .describe('Goes with every change as X-Fixpoint-CSRF; null for who asks with an Authorization header'),
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;

/** Somebody who is signed in, as the list of sessions tells it. */
export const SessionItem = z.object({
  session_id: z.string().describe('Names the session; it opens nothing'),
  name: z.string().describe("Its token's"),
  role: Role,
  token_id: z.string().nullable().describe('null: the configured admin token'),
  created_at: Instant,
  ends_at: Instant,
  current: z.boolean().describe('It is the one that asks'),
});
export type SessionItem = z.infer<typeof SessionItem>;
