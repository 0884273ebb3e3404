import { z } from 'zod';

/** Whether a playbook acts, asks, only records what it would write, or does nothing. */
export const Mode = z.enum(['auto', 'approve', 'shadow', 'off']);
export type Mode = z.infer<typeof Mode>;

const STRICTNESS: readonly Mode[] = ['auto', 'approve', 'shadow', 'off'];

/** The one that allows less. */
export function stricterMode(a: Mode, b: Mode): Mode {
  return STRICTNESS.indexOf(a) > STRICTNESS.indexOf(b) ? a : b;
}
