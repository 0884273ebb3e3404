import { z } from 'zod';
import { Alert } from '../alert/alert.js';
import { Duration, durationMs } from '../duration.js';
import { instant } from '../clock.js';
import {
  Comment,
  InhibitRule,
  InhibitRuleSpec,
  MaintenanceWindow,
  matchEverything,
  MatcherText,
  MAX_MATCHERS,
  scheduleOf,
  Silence,
  SilenceState,
  silenceState,
  SuppressionOrigin,
  utc,
  windowProblems,
  WindowSpec,
  writeMatcher,
} from '../suppression/suppression.js';
import type { Span } from '../suppression/window-schedule.js';
import { compileSchedule } from '../suppression/window-schedule.js';
import { PageQuery, pageOf } from './page.js';

/** A matcher as Alertmanager's API writes it; its own spelling of the flags is taken too. */
const MatcherParts = z
  .strictObject({
    name: z.string().min(1).max(1_000),
    value: z.string().max(2_000),
    is_regex: z.boolean().exactOptional(),
    is_equal: z.boolean().exactOptional(),
    isRegex: z.boolean().exactOptional(),
    isEqual: z.boolean().exactOptional(),
  })
  .transform(({ name, value, is_regex, isRegex, is_equal, isEqual }) => {
    const operator = (is_equal ?? isEqual ?? true) ? '=' : '!';
    const regex = is_regex ?? isRegex ?? false;
    if (operator === '=') return writeMatcher(name, regex ? '=~' : '=', value);
    return writeMatcher(name, regex ? '!~' : '!=', value);
  })
  .pipe(MatcherText);

/** Matchers as texts, or as objects with `name`, `value`, `is_regex`, `is_equal`. */
export const MatcherDrafts = z
  .array(z.union([MatcherText, MatcherParts]))
  .min(1)
  .max(MAX_MATCHERS)
  .describe('env="prod", team=~"pay.*", or {"name", "value", "is_regex", "is_equal"}; all of them hold');

const GivenInstant = z.iso.datetime({ offset: true });
const Author = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'expected text without control characters');
const Reason = Comment.refine((text) => text !== '', 'expected some words: who reads it wants to know why');

const FROM_ALERTMANAGER = [
  ['startsAt', 'starts_at'],
  ['endsAt', 'ends_at'],
  ['createdBy', 'created_by'],
  ['id', 'silence_id'],
] as const;

/** A body of Alertmanager's own API in our words. */
function ourWords(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const words: Record<string, unknown> = { ...body };
  for (const [theirs, ours] of FROM_ALERTMANAGER) {
    if (!(theirs in words) || ours in words) continue;
    words[ours] = words[theirs];
    delete words[theirs];
  }
  return words;
}

/** What makes a silence. With `silence_id` it takes that one's place. */
export const SilenceDraft = z.preprocess(
  ourWords,
  z
    .strictObject({
      matchers: MatcherDrafts.refine(
        (matchers) => !matchEverything(matchers),
        'expected a matcher that an alert without labels does not match: this silence would hold everything back',
      ),
      starts_at: GivenInstant.exactOptional().describe('Default: now; what has passed is now'),
      ends_at: GivenInstant.exactOptional(),
      duration: Duration.exactOptional().describe('Instead of ends_at: how long'),
      created_by: Author.exactOptional().describe("Default: the token's name"),
      comment: Reason,
      silence_id: z.string().max(200).exactOptional().describe('The silence that ends when this one begins'),
    })
    .superRefine(({ ends_at, duration }, context) => {
      if ((ends_at === undefined) === (duration === undefined))
        context.addIssue({ code: 'custom', path: ['ends_at'], message: 'expected either ends_at or duration' });
    }),
);
export type SilenceDraft = z.infer<typeof SilenceDraft>;

/** What a look at the alerts that a silence or a maintenance window would hold takes. */
export const SilencePreviewRequest = z
  .object({
    matchers: z.array(z.union([MatcherText, MatcherParts])).max(MAX_MATCHERS),
    window: z
      .boolean()
      .default(false)
      .describe('true: of a maintenance window, which holds all alerts without matchers'),
  })
  .superRefine(({ matchers, window }, context) => {
    if (matchers.length === 0 && !window)
      context.addIssue({
        code: 'custom',
        path: ['matchers'],
        message: 'expected at least one: a silence has matchers',
      });
  });

/** The alerts that fire now and that the matchers match. */
export const SilencePreview = z.object({
  items: z.array(Alert).describe('At most 200'),
  count: z.int().describe('How many of those that were looked at match'),
  complete: z.boolean().describe('False when more alerts fire than were looked at'),
});
export type SilencePreview = z.infer<typeof SilencePreview>;

/** A silence as the API answers it. */
export const SilenceAnswer = Silence.extend({ state: SilenceState });
export type SilenceAnswer = z.infer<typeof SilenceAnswer>;

const Origin = z
  .enum(['api', 'alertmanager'])
  .default('api')
  .describe('alertmanager: those of the configured Alertmanager, which it alone can end');

export const SilenceQuery = PageQuery.extend({ state: SilenceState.exactOptional(), origin: Origin });
export const SilenceList = pageOf(SilenceAnswer);

const WindowFields = WindowSpec.extend({
  matchers: MatcherDrafts.exactOptional().describe('None: all alerts'),
  created_by: Author.exactOptional(),
  expires_at: GivenInstant.exactOptional().describe('After this it begins no more'),
});

function tellProblems(window: z.infer<typeof WindowFields>, context: z.RefinementCtx): void {
  for (const { path, message } of windowProblems(window))
    context.addIssue({ code: 'custom', path: [...path], message });
}

/** What makes a maintenance window. */
export const WindowDraft = WindowFields.extend({ comment: Reason }).superRefine(tellProblems);
export type WindowDraft = z.infer<typeof WindowDraft>;

const SpanAnswer = z.object({ starts_at: z.string(), ends_at: z.string().nullable() });

/** A maintenance window that is not made yet, with or without its comment. */
export const WindowPreviewRequest = WindowFields.extend({ comment: Comment.exactOptional() }).superRefine(tellProblems);
export type WindowPreviewRequest = z.infer<typeof WindowPreviewRequest>;

/** A maintenance window as the API answers it: with its next occurrences, the present one first. */
export const WindowAnswer = MaintenanceWindow.extend({
  state: SilenceState.describe('pending: between two occurrences, or before the first'),
  next: z.array(SpanAnswer),
});
export type WindowAnswer = z.infer<typeof WindowAnswer>;

/** When a window that is not made yet would be in force. */
export const WindowPreview = WindowAnswer.pick({ state: true, next: true });
export type WindowPreview = z.infer<typeof WindowPreview>;

const FileOrigin = SuppressionOrigin.exclude(['alertmanager']).exactOptional();

export const WindowQuery = PageQuery.extend({ origin: FileOrigin });
export const WindowList = pageOf(WindowAnswer);

/** What makes an inhibition rule. */
export const InhibitRuleDraft = InhibitRuleSpec.extend({
  source_matchers: MatcherDrafts,
  target_matchers: MatcherDrafts,
  created_by: Author.exactOptional(),
  comment: Reason,
  expires_at: GivenInstant.exactOptional().describe('When it ends; default: when it is deleted'),
});
export type InhibitRuleDraft = z.infer<typeof InhibitRuleDraft>;

/** An inhibition rule as the API answers it. */
export const InhibitRuleAnswer = InhibitRule.extend({ state: SilenceState.exclude(['pending']) });
export type InhibitRuleAnswer = z.infer<typeof InhibitRuleAnswer>;

export const InhibitRuleQuery = PageQuery.extend({ origin: FileOrigin });
export const InhibitRuleList = pageOf(InhibitRuleAnswer);

/** Who makes something, under which id, and when. */
interface Making {
  readonly id: string;
  readonly by: string;
  readonly now: number;
}

/** The silence that a draft means. What is wrong with its times is told by `silenceProblem`. */
export function silenceOf(draft: SilenceDraft, { id, by, now }: Making): Silence {
  const starts = Math.max(now, draft.starts_at === undefined ? now : Date.parse(draft.starts_at));
  const ends = draft.duration === undefined ? Date.parse(draft.ends_at ?? '') : starts + durationMs(draft.duration);
  return {
    silence_id: id,
    matchers: draft.matchers,
    starts_at: instant(starts),
    ends_at: instant(ends),
    created_by: draft.created_by ?? by,
    comment: draft.comment,
    created_at: instant(now),
    updated_at: instant(now),
    ended_by: null,
    replaces: draft.silence_id ?? null,
    origin: 'api',
  };
}

/** Why nothing can be held from `starts_at` to `ends_at`; null when it can. */
export function problemOfTimes(starts_at: string, ends_at: string | null, now: string): string | null {
  if (ends_at === null) return null;
  if (ends_at <= now) return `expected an instant that is still to come, came ${ends_at}`;
  return ends_at <= starts_at ? `expected an instant after starts_at (${starts_at}), came ${ends_at}` : null;
}

/** The window that a draft means. */
export function windowOf(draft: WindowDraft, { id, by, now }: Making): MaintenanceWindow {
  const schedule = scheduleOf(
    draft,
    draft.time_intervals ?? draft.outside_time_intervals ?? [],
    draft.outside_time_intervals !== undefined,
  );
  const expires_at = draft.expires_at === undefined ? null : utc(draft.expires_at);
  return {
    window_id: id,
    matchers: draft.matchers ?? [],
    schedule,
    hold: draft.hold ?? true,
    freeze: draft.freeze ?? false,
    created_by: draft.created_by ?? by,
    comment: draft.comment,
    created_at: instant(now),
    expires_at:
      schedule.type === 'once' && (expires_at === null || schedule.ends_at < expires_at)
        ? schedule.ends_at
        : expires_at,
    ended_by: null,
    origin: 'api',
  };
}

/** The inhibition rule that a draft means. */
export function inhibitRuleOf(draft: InhibitRuleDraft, { id, by, now }: Making): InhibitRule {
  const { source_matchers, target_matchers, equal, comment } = draft;
  return {
    inhibit_rule_id: id,
    source_matchers,
    target_matchers,
    equal,
    created_by: draft.created_by ?? by,
    comment,
    created_at: instant(now),
    expires_at: draft.expires_at === undefined ? null : utc(draft.expires_at),
    ended_by: null,
    origin: 'api',
  };
}

/** A silence with its state at `now`. */
export function silenceAnswer(silence: Silence, now: string): SilenceAnswer {
  return { ...silence, state: silenceState(silence, now) };
}

/** How many of the next occurrences are told. */
const TOLD = 5;

/** A window with its state at `now`, and what comes next. */
export function windowAnswer(window: MaintenanceWindow, now: string): WindowAnswer {
  const isOver = window.expires_at !== null && window.expires_at <= now;
  const spans = isOver ? [] : compileSchedule(window.schedule).next(Date.parse(now), TOLD);
  const before = (at: string): boolean => window.expires_at === null || at < window.expires_at;
  const next = spans.map(spanAnswer).filter(({ starts_at }) => before(starts_at));
  const [first] = next;
  return { ...window, state: first === undefined ? 'expired' : first.starts_at > now ? 'pending' : 'active', next };
}

function spanAnswer({ starts_at, ends_at }: Span): z.infer<typeof SpanAnswer> {
  return { starts_at: instant(starts_at), ends_at: ends_at === null ? null : instant(ends_at) };
}

/** An inhibition rule with its state at `now`. */
export function inhibitRuleAnswer(rule: InhibitRule, now: string): InhibitRuleAnswer {
  return { ...rule, state: rule.expires_at !== null && rule.expires_at <= now ? 'expired' : 'active' };
}
