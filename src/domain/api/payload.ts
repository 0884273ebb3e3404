import { z } from 'zod';

/** The body that an alert came in, as `GET /api/v1/alerts/{alert_id}/payload` answers it. */
export const PayloadAnswer = z.object({
  alert_id: z
    .string()
    .describe('Whose delivery it is: this alert, or, where its own is not kept, the one that it repeats word for word'),
  source: z.string(),
  received_at: z.string(),
  received_from: z.string().nullable().describe('The name of the token that it came with, or of what replayed it'),
  bytes: z.int().describe('Of the whole body'),
  truncated: z.boolean().describe('Whether only the head of it is kept'),
  text: z.string().describe('As it came; what is no UTF-8 stands as U+FFFD'),
  index: z
    .int()
    .exactOptional()
    .describe("Where the alert stands in the body's list, from 0; absent where there is none, or it cannot be told"),
  path: z.string().exactOptional().describe('The same as a JSON pointer: /alerts/3'),
});
export type PayloadAnswer = z.infer<typeof PayloadAnswer>;
