import { z } from 'zod';
import type { Clock } from '../../domain/clock.js';
import { instant } from '../../domain/clock.js';
import { FixpointError, messageOf } from '../../domain/errors.js';
import type { SilenceSource } from '../../domain/source.js';
import { MatcherText, writeMatcher } from '../../domain/suppression/suppression.js';
import type { Silence } from '../../domain/suppression/suppression.js';
import { AlertmanagerApi } from './api.js';
import type { ApiSettings } from './api.js';

/** More silences are not taken: nobody can know of them. */
const MAX_SILENCES = 20_000;

const Time = z.iso.datetime({ offset: true });
/** What is asked of a silence of Alertmanager's API v2; it says more. */
const Foreign = z.object({
  id: z.string().min(1).max(200),
  status: z.object({ state: z.string() }),
  matchers: z
    .array(
      z.object({
        name: z.string().min(1),
        value: z.string(),
        isRegex: z.boolean(),
        /** Absent in old versions, which knew nothing else. */
        isEqual: z.boolean().default(true),
      }),
    )
    .min(1)
    .max(1_000),
  startsAt: Time,
  endsAt: Time,
  updatedAt: Time,
  createdBy: z.string().default(''),
  comment: z.string().default(''),
});

/** Reads the silences of an Alertmanager. One that cannot be understood is left out; `check` says how many. */
export function openAlertmanagerSilences(settings: ApiSettings, clock: Clock): SilenceSource {
  const api = new AlertmanagerApi(settings, clock);
  return {
    silences: async (signal) => (await read(api, signal)).silences,
    async check(signal) {
      const line = { name: 'sources.alertmanager.url', target: api.target, required: false };
      try {
        const { silences, left_out } = await read(api, signal);
        const more = left_out === 0 ? '' : `; ${left_out} silences cannot be understood and are left out`;
        return [{ ...line, ok: left_out === 0, message: `Alertmanager, ${silences.length} silences in force${more}` }];
      } catch (error) {
        return [{ ...line, ok: false, message: messageOf(error) }];
      }
    },
    stop: () => api.stop(),
  };
}

async function read(api: AlertmanagerApi, signal: AbortSignal): Promise<{ silences: Silence[]; left_out: number }> {
  const answer = await api.get('/api/v2/silences', {}, signal);
  if (!Array.isArray(answer))
    throw new FixpointError(
      'unavailable',
      `Alertmanager at ${api.target} answered something that is no list of silences`,
    );
  const items: readonly unknown[] = answer;
  const live = items.filter((item) => !isExpired(item)).slice(0, MAX_SILENCES);
  const silences = live.flatMap((item) => silenceOf(item) ?? []);
  // In one order, whatever Alertmanager's is: what did not change must look the same.
  silences.sort((a, b) => (a.silence_id < b.silence_id ? -1 : 1));
  return { silences, left_out: live.length - silences.length };
}

function isExpired(item: unknown): boolean {
  const known = z.object({ status: z.object({ state: z.literal('expired') }) }).safeParse(item);
  return known.success;
}

function silenceOf(item: unknown): Silence | null {
  const parsed = Foreign.safeParse(item);
  if (!parsed.success) return null;
  const { id, startsAt, endsAt, updatedAt, createdBy, comment } = parsed.data;
  const matchers = parsed.data.matchers.map(({ name, value, isRegex, isEqual }) => {
    if (isEqual) return writeMatcher(name, isRegex ? '=~' : '=', value);
    return writeMatcher(name, isRegex ? '!~' : '!=', value);
  });
  if (!matchers.every((text) => MatcherText.safeParse(text).success)) return null;
  return {
    silence_id: id,
    matchers,
    starts_at: instant(Date.parse(startsAt)),
    ends_at: instant(Date.parse(endsAt)),
    created_by: createdBy,
    comment,
    created_at: instant(Date.parse(updatedAt)),
    updated_at: instant(Date.parse(updatedAt)),
    ended_by: null,
    replaces: null,
    origin: 'alertmanager',
  };
}
