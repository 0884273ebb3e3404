import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The longest duration that Fixpoint takes: about ten years, so that adding it to an instant stays a date. */
export const MAX_DURATION_MS = 3_650 * UNIT_MS.d;

/** Milliseconds of `300ms`, `30s`, `10m`, `2h`, `7d`; null when the text is no such duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return null;
  const value = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]; // the expression admits these units only
  return value <= MAX_DURATION_MS ? value : null;
}

/** A duration as a person writes it; it stays text in data, `durationMs` reads it. */
export const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== null, { error: 'expected a duration such as 300ms, 30s, 10m, 2h or 7d' })
  .describe('A duration: 300ms, 30s, 10m, 2h, 7d');
export type Duration = z.infer<typeof Duration>;

/** Milliseconds of a duration that has been validated. */
export function durationMs(duration: Duration): number {
  const value = parseDuration(duration);
  if (value === null) throw new RangeError(`not a duration: ${duration}`);
  return value;
}

/** A length of time for people: `12 ms`, `1.9 s`, `3 min 4 s`, `2 h 10 min`. */
export function formatMs(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const [big, unit, small, smallUnit] =
    ms < 3_600_000
      ? [Math.floor(ms / 60_000), 'min', Math.round((ms % 60_000) / 1_000), 's']
      : [Math.floor(ms / 3_600_000), 'h', Math.round((ms % 3_600_000) / 60_000), 'min'];
  return small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${smallUnit}`;
}
