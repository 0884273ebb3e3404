import { z } from 'zod';
import { Role } from '../access.js';

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
