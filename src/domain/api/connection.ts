import { z } from 'zod';

/** A channel that is configured. */
export const NotifierAnswer = z.object({
  name: z.string(),
  default: z.boolean().describe('It gets what names no channel'),
});
export type NotifierAnswer = z.infer<typeof NotifierAnswer>;

/** One server that was dialed, as a line of `fixpoint doctor`. */
export const ConnectionLine = z.object({
  name: z.string(),
  target: z.string().describe('Without credentials'),
  ok: z.boolean(),
  message: z.string().describe('What was found, or what is wrong and what to do'),
  required: z.boolean(),
});
export type ConnectionLine = z.infer<typeof ConnectionLine>;

/** What came of dialing. */
export const ConnectionChecks = z.object({
  items: z.array(ConnectionLine),
  message: z.string().nullable().describe('Why nothing was dialed, where nothing was'),
});
export type ConnectionChecks = z.infer<typeof ConnectionChecks>;
