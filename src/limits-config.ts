import { z } from 'zod';
import { Severity } from './domain/alert/alert.js';
import { Duration, durationMs } from './domain/duration.js';
import { GroupBy } from './domain/rule/rule.js';

const PerMinute = z.int().min(0).max(1_000_000);
const Channels = z.array(z.string().min(1).max(100)).max(20);

const Limit = {
  starts_per_minute: PerMinute.default(0).describe('Runs that start, or are to start; 0 is no limit'),
  alerts_per_minute: PerMinute.default(0).describe('Alerts that begin to fire; 0 is no limit'),
};

/** The slice `storm`. */
export const StormConfig = z.strictObject({
  ...Limit,
  per_service: z.strictObject(Limit).prefault({}).describe('The same for each service by itself'),
  notify_only_at: z
    .number()
    .min(1)
    .max(1_000)
    .default(2)
    .describe('At how many times a limit nothing new starts; from the limit on writes of new runs need approval'),
  calm: Duration.refine((text) => durationMs(text) >= 1_000, 'expected at least 1s')
    .default('5m')
    .describe('How long it has to be calmer before a level ends'),
  notify: Channels.optional().describe('Who hears of storms; unset: who hears of runs'),
});

/** The slice `flapping`. */
export const FlappingConfig = z
  .strictObject({
    changes: z
      .int()
      .min(0)
      .max(100)
      .default(6)
      .describe('More changes between firing and resolved than this within `within` are flapping; 0 switches it off'),
    within: Duration.default('30m'),
    quiet: Duration.default('10m').describe('How long it has to stay as it is before it is decided again'),
  })
  .refine(({ changes }) => changes === 0 || changes >= 3, {
    error: 'expected 0 (off) or at least 3: firing, resolved and firing again are three changes',
    path: ['changes'],
  });

/** `group_by`, `group_wait` and `group_interval` for rules that do not say them. */
export const GroupingConfig = {
  group_by: GroupBy.optional().describe('For rules that do not say it; unset: what the source calls the group'),
  group_wait: Duration.default('0s').describe('For rules that do not say it'),
  group_interval: Duration.default('0s').describe('For rules that do not say it'),
};

const Severities = z.union([Severity, z.array(Severity).min(1).max(3)]);

/** `notify_unmatched`: the channels, or `{notify, severity}`. */
export const NotifyUnmatched = z
  .preprocess(
    (written) => (Array.isArray(written) ? { notify: written } : written),
    z.strictObject({
      notify: Channels.min(1).describe('Channels that hear of alerts that no rule takes'),
      severity: Severities.default('critical').describe('Of which severity'),
    }),
  )
  .describe('Who hears of critical alerts that no rule takes: a list of channels, or {notify, severity}');
