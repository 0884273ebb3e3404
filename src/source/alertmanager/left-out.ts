import { z } from 'zod';
import type { Foreign } from '../foreign.js';

/** What a webhook says about the group of which it left alerts out. */
export const LeftOut = z.object({
  receiver: z.string().min(1).max(4_096),
  group_key: z.string().max(65_536).nullable(),
  group_labels: z.record(z.string(), z.string()),
  external_url: z.string().nullable(),
  /** Fingerprints of the alerts that came. */
  had: z.array(z.string()).max(10_000),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** How many alerts Alertmanager left out; 0 when none. A template may have printed the number as text. */
export function truncatedIn(payload: Foreign): number {
  const truncated = payload['truncatedAlerts'];
  const count = typeof truncated === 'string' && /^\d{1,9}$/.test(truncated) ? Number(truncated) : truncated;
  return typeof count === 'number' && count > 0 ? count : 0;
}

/** What is needed to fetch the rest; undefined where nothing was left out, or the body does not say of which group. */
export function leftOutOf(payload: Foreign, had: readonly string[]): LeftOut | undefined {
  if (truncatedIn(payload) === 0) return undefined;
  const { receiver, groupKey, groupLabels, externalURL } = payload;
  const read = LeftOut.safeParse({
    receiver,
    group_key: groupKey ?? null,
    group_labels: groupLabels ?? {},
    external_url: typeof externalURL === 'string' ? externalURL : null,
    had,
  });
  return read.success ? read.data : undefined;
}
