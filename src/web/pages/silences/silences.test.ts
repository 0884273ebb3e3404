import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../../test/helper/an-alert.js';
import { SilenceDraft, WindowDraft, WindowPreviewRequest } from '../../../domain/api/suppression.js';
import { matchingAlerts } from '../../../domain/suppression/suppression-set.js';
import { ApiRefusal } from '../../api/client.js';
import { silences as words } from '../../words/en/silences.js';
import { fromLocalField, isZone, toLocalField } from './local-time.js';
import { fieldProblems, matcherProblems, restOf } from './matcher-problems.js';
import { intervalText, scheduleText } from './schedule-text.js';
import { bodyOf, matchersOf, problemsOf, startOf } from './silence-draft.js';
import type { SilenceFields } from './silence-draft.js';
import { previewBodyOf, windowBodyOf, windowProblemsOf } from './window-draft.js';
import type { WindowFields } from './window-draft.js';

const NOW = Date.parse('2026-11-21T10:00:20.500Z');

function fields(over: Partial<SilenceFields> = {}): SilenceFields {
  return { ...startOf({ matchers: ['a="b"'], comment: 'why' }, NOW), ...over };
}

describe('a silence for an alert', () => {
  it('matches that alert, whatever its labels hold', () => {
    const labels = { alertname: 'A "quoted" \\ name', service: 'x\ny', 'odd label': '=~' };
    const alert = anAlert({ alert_name: 'A "quoted" \\ name', labels });
    const matchers = matchersOf(alert);
    expect(matchers).toHaveLength(3);
    expect(matchingAlerts(matchers)(alert)).toBe(true);
    expect(matchingAlerts(matchers)({ ...alert, labels: { ...labels, service: 'z' } })).toBe(false);
  });

  it('holds the next occurrence too: what changes each time is left out', () => {
    const alert = anAlert({ alert_name: 'Disk', labels: { event_id: '17', severity: 'warning', host: 'db1' } });
    expect(matchersOf(alert)).toEqual(['alertname="Disk"', 'host="db1"']);
  });

  it('names the service of an alert without labels', () => {
    const alert = anAlert({ alert_name: 'Bare', labels: {}, service_name: 'wiki' });
    expect(matchersOf(alert)).toEqual(['alertname="Bare"', 'service_name="wiki"']);
    expect(matchingAlerts(matchersOf(alert))(alert)).toBe(true);
  });

  it('stays small for an alert of 500 long labels', () => {
    const labels = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`l${n}`, n % 2 ? 'v' : 'v'.repeat(9_000)]),
    );
    expect(matchersOf(anAlert({ labels })).length).toBeLessThanOrEqual(20);
  });
});

describe('the form of a silence', () => {
  it('becomes a body that the service takes', () => {
    const body = bodyOf(fields(), null);
    expect(body).toEqual({ matchers: ['a="b"'], comment: 'why', duration: '2h' });
    expect(SilenceDraft.safeParse(body).error).toBeUndefined();
  });

  it('takes the place of another with its times, and never ends before it', () => {
    const replaces = {
      ...{ silence_id: '01KS', state: 'active' as const },
      ...{ starts_at: '2026-11-21T09:00:00.000Z', ends_at: '2026-11-21T12:00:30.250Z' },
    };
    const body = bodyOf({ ...startOf({ matchers: ['a="b"'], comment: 'c', replaces }, NOW) }, '01KS');
    expect(body).toMatchObject({ silence_id: '01KS', ends_at: '2026-11-21T12:01:00.000Z' });
    expect(SilenceDraft.safeParse(body).error).toBeUndefined();
  });

  it('keeps the beginning of one that is still to come', () => {
    const replaces = {
      ...{ silence_id: '01KS', state: 'pending' as const },
      ...{ starts_at: '2026-11-21T15:00:00.000Z', ends_at: '2026-11-21T19:00:00.000Z' },
    };
    const body = bodyOf(startOf({ matchers: ['a="b"'], comment: 'c', replaces }, NOW), '01KS');
    expect(body).toMatchObject({ starts_at: '2026-11-21T15:00:00.000Z', ends_at: '2026-11-21T19:00:00.000Z' });
  });

  it('says what is missing before anything is sent', () => {
    expect(problemsOf(fields(), NOW)).toEqual({});
    expect(problemsOf(fields({ matchers: [], comment: ' ' }), NOW)).toEqual({
      matchers: 'missing',
      comment: 'comment_missing',
    });
    const until = (ends: string) => problemsOf(fields({ span: 'until', ends }), NOW).ends;
    expect(until('')).toBe('time_missing');
    expect(until(toLocalField(NOW - 120_000))).toBe('time_past');
    expect(until(toLocalField(NOW + 120_000))).toBeUndefined();
    const late = { isLater: true, starts: toLocalField(NOW + 7_200_000), span: 'until' as const };
    expect(problemsOf(fields({ ...late, ends: toLocalField(NOW + 3_600_000) }), NOW)).toEqual({ ends: 'time_order' });
    expect(problemsOf(fields({ isLater: true, starts: '' }), NOW)).toEqual({ starts: 'time_missing' });
  });

  it('shows what the service refuses at its matcher', () => {
    const details = [{ path: 'matchers[1]', message: 'not RE2' }];
    expect(matcherProblems(new ApiRefusal('invalid', 'body', { details }))).toEqual({ 1: 'not RE2' });
    expect(matcherProblems(new Error('other'))).toEqual({});
  });

  it('shows what the service refuses once: at its field, or as a whole', () => {
    const details = [
      { path: 'matchers[0]', message: 'not RE2' },
      { path: 'ends_at', message: 'has passed' },
    ];
    const refusal = new ApiRefusal('invalid', 'body', { details });
    expect(fieldProblems(refusal)['ends_at']).toBe('has passed');
    expect(restOf(refusal, ['ends_at'])).toBeNull();
    expect(restOf(refusal, [])).toBe(refusal);
    const conflict = new ApiRefusal('conflict', 'too many silences');
    expect(restOf(conflict, ['ends_at'])).toBe(conflict);
  });
});

describe('the form of a maintenance window', () => {
  const filled: WindowFields = {
    ...{ matchers: [], kind: 'cron', starts: '', ends: '', cron: '0 22 * * 5', duration: '4h' },
    ...{ timezone: 'Europe/Berlin', expires: '', hold: true, freeze: false, comment: 'patches' },
  };
  const once: WindowFields = {
    ...{ ...filled, kind: 'once', matchers: ['env="prod"'] },
    ...{ starts: toLocalField(NOW), ends: toLocalField(NOW + 3_600_000) },
  };

  it('becomes a body that the service takes', () => {
    for (const form of [filled, once, { ...filled, expires: toLocalField(NOW + 9e9) }])
      expect(WindowDraft.safeParse(windowBodyOf(form)).error).toBeUndefined();
    expect(windowBodyOf(filled)).not.toHaveProperty('matchers');
    expect(windowBodyOf(once)).not.toHaveProperty('cron');
  });

  it('is asked for its occurrences as soon as its times can be meant, whatever else is missing', () => {
    for (const form of [filled, once]) {
      const asked = previewBodyOf({ ...form, comment: '', hold: false }, NOW);
      expect(WindowPreviewRequest.safeParse(asked).error).toBeUndefined();
      expect(asked).not.toHaveProperty('matchers');
    }
    expect(previewBodyOf({ ...filled, timezone: 'Mars/Base' }, NOW)).toBeNull();
    expect(previewBodyOf({ ...once, ends: '' }, NOW)).toBeNull();
  });

  it('says what is wrong before anything is sent', () => {
    expect(windowProblemsOf(filled, NOW)).toEqual({});
    expect(windowProblemsOf(once, NOW)).toEqual({});
    const wrong = { cron: ' ', duration: '4 hours', timezone: 'Mars/Base', hold: false, comment: '' };
    expect(windowProblemsOf({ ...filled, ...wrong, expires: toLocalField(NOW - 90_000) }, NOW)).toEqual({
      ...{ cron: 'cron_missing', duration: 'duration_bad', timezone: 'timezone_bad' },
      ...{ expires: 'time_past', effect: 'nothing', comment: 'comment_missing' },
    });
    expect(windowProblemsOf({ ...once, ends: once.starts, starts: once.ends }, NOW).ends).toBe('time_past');
  });
});

describe('times in the reader’s zone', () => {
  it('go into a field and come back to the minute', () => {
    const ms = Date.parse('2026-11-21T10:07:00.000Z');
    expect(fromLocalField(toLocalField(ms))).toBe(ms);
    expect(fromLocalField(toLocalField(ms + 59_999))).toBe(ms);
  });

  it('are nothing where nothing or nonsense stands', () => {
    for (const text of ['', 'tomorrow', '2026-11-21', '2026-13-41T10:00']) expect(fromLocalField(text)).toBeNull();
  });

  it('know which zones there are', () => {
    expect(isZone('Asia/Shanghai')).toBe(true);
    expect(isZone('Asia/Nowhere')).toBe(false);
    expect(isZone('')).toBe(false);
  });
});

describe('a schedule', () => {
  it('is told in a line', () => {
    const cron = { type: 'cron', cron: '0 22 * * 5', duration: '4h', timezone: 'UTC' } as const;
    expect(scheduleText(cron, words.window)).toBe('0 22 * * 5 for 4h, in UTC');
    const outside = { type: 'time_intervals' as const, time_intervals: [{}], outside: true };
    expect(scheduleText(outside, words.window)).toBe('outside of its time interval');
  });

  it('tells its intervals in their own words', () => {
    const office = {
      weekdays: ['monday:friday'],
      times: [{ start_time: '09:00', end_time: '17:00' }],
      location: 'UTC',
    };
    expect(intervalText(office)).toBe('monday:friday · 09:00–17:00 · UTC');
    expect(intervalText({ months: ['1:3'], days_of_month: [-1] })).toBe('days_of_month -1 · months 1:3');
    expect(intervalText({})).toBe('');
  });
});
