import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { memorySurvey } from '../../test/helper/memory-survey.js';
import type { HourCount } from '../domain/survey.js';
import { idFrom } from '../domain/ulid-time.js';
import { AlertHours } from './alert-hours.js';

const HOUR_MS = 3_600_000;
const NOW = Date.parse('2026-11-21T10:30:00.000Z');

interface Kept {
  readonly at: number;
  action: string | null;
  reason: string | null;
}

/** A store of alerts that counts how many it was made to look at. */
function aStore(alerts: Kept[], clock: FakeClock, step_ms = 0) {
  const seen = { rows: 0, looks: 0 };
  const idOf = (alert: Kept, index: number) =>
    `${idFrom(new Date(alert.at).toISOString())}${String(index).padStart(16, '0')}`;
  const kept = alerts.map((alert, index) => ({ alert, id: idOf(alert, index) })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const survey = memorySurvey({
    alertsByHour: async (after, below, limit) => {
      const from = kept.findIndex(({ id }) => id > after);
      const found = from < 0 ? [] : kept.slice(from, from + limit).filter(({ id }) => id < below);
      seen.rows += found.length;
      seen.looks += 1;
      if (step_ms > 0) await clock.advance(step_ms);
      const counts = found.map(({ alert: { at, action, reason } }): HourCount => ({
        hour: Math.floor(at / HOUR_MS) * HOUR_MS,
        action,
        reason,
        count: 1,
      }));
      const previous = kept.findLast(({ id }) => id <= after)?.id ?? null;
      return { counts, last_id: found.at(-1)?.id ?? null, previous_id: found.length > 0 ? null : previous };
    },
  });
  return { survey, seen };
}

describe('alerts by the hour', () => {
  it('are counted by their decision in the hour they were received in', async () => {
    const clock = new FakeClock();
    const at = NOW - 90 * 60_000;
    const { survey } = aStore(
      [
        { at, action: 'run', reason: null },
        { at, action: 'drop', reason: 'no_match' },
        { at, action: 'drop', reason: 'filtered' },
        { at, action: 'drop', reason: 'resolved' },
        { at, action: 'drop', reason: 'duplicate' },
        { at, action: 'hold', reason: 'silence' },
        { at: NOW - 1_000, action: null, reason: null },
        { at: NOW - 30 * HOUR_MS, action: 'run', reason: null },
      ],
      clock,
    );
    const { hours, complete } = await new AlertHours(survey, clock).look(NOW);

    expect(complete).toBe(true);
    expect(hours).toHaveLength(25);
    expect(hours.at(-2)).toEqual({
      at: '2026-11-21T09:00:00.000Z',
      run: 1,
      join: 0,
      hold: 1,
      drop: 2,
      resolved: 1,
      duplicate: 1,
      undecided: 0,
    });
    expect(hours.at(-1)).toMatchObject({ at: '2026-11-21T10:00:00.000Z', undecided: 1 });
    expect(hours.reduce((sum, { run }) => sum + run, 0)).toBe(1);
  });

  it('cost what is new at the next look, and see what was decided meanwhile', async () => {
    const clock = new FakeClock();
    const alerts: Kept[] = Array.from({ length: 500 }, (_, index) => ({
      at: NOW - HOUR_MS + index * 1_000,
      action: 'run',
      reason: null,
    }));
    const young: Kept = { at: NOW - 1_000, action: null, reason: null };
    alerts.push(young);
    const { survey, seen } = aStore(alerts, clock);
    const hours = new AlertHours(survey, clock);
    await hours.look(NOW);
    const first = seen.rows;
    young.action = 'run';
    const again = await hours.look(NOW + 5_000);

    expect(first).toBe(501);
    expect(seen.rows - first).toBe(1);
    expect(again.hours.at(-1)).toMatchObject({ undecided: 0 });
    expect(again.hours.reduce((sum, { run }) => sum + run, 0)).toBe(501);
  });

  it('cost no question for hours in which nothing arrived', async () => {
    const clock = new FakeClock();
    const at = NOW - 20 * HOUR_MS;
    const { survey, seen } = aStore([{ at, action: 'run', reason: null }], clock);
    const { hours } = await new AlertHours(survey, clock).look(NOW);

    expect(hours.filter(({ run }) => run === 1)).toHaveLength(1);
    // This hour: what is settled, and what is not. The one with the alert: it, nothing more, nothing before.
    expect(seen.looks).toBeLessThanOrEqual(6);
  });

  it('of a flood are counted look by look, and nothing twice', async () => {
    const clock = new FakeClock();
    const alerts: Kept[] = Array.from({ length: 45_000 }, (_, index) => ({
      at: NOW - 3 * HOUR_MS + index * 100,
      action: 'drop',
      reason: 'no_match',
    }));
    const { survey, seen } = aStore(alerts, clock);
    const hours = new AlertHours(survey, clock);
    const looks: [boolean, number][] = [];
    for (let look = 0; look < 4; look++) {
      const { hours: all, complete } = await hours.look(NOW);
      looks.push([complete, all.reduce((sum, { drop }) => sum + drop, 0)]);
    }

    const sums = looks.map(([, sum]) => sum);
    expect(looks.map(([complete]) => complete)).toEqual([false, false, true, true]);
    expect(sums[0]).toBeGreaterThan(10_000);
    expect(sums[1]).toBeGreaterThan(sums[0]!);
    expect(sums.slice(2)).toEqual([45_000, 45_000]);
    expect(seen.rows).toBe(45_000);
  });

  it('are not waited for when the store is slow', async () => {
    const clock = new FakeClock();
    const alerts: Kept[] = Array.from({ length: 10_000 }, (_, index) => ({
      at: NOW - 3 * HOUR_MS + index * 100,
      action: 'run',
      reason: null,
    }));
    const { survey, seen } = aStore(alerts, clock, 90);
    const { complete } = await new AlertHours(survey, clock).look(NOW);

    expect(complete).toBe(false);
    expect(seen.rows).toBeLessThan(10_000);
  });

  it('are counted anew after a while, for held ones are decided later, and shown as before until then', async () => {
    const clock = new FakeClock();
    const held: Kept = { at: NOW - 2 * HOUR_MS, action: 'hold', reason: 'cooldown' };
    const { survey } = aStore([held], clock);
    const hours = new AlertHours(survey, clock);
    await hours.look(NOW);
    held.action = 'run';
    held.reason = null;
    const sumOf = async (now: number) => {
      const { hours: all } = await hours.look(now);
      return [all.reduce((sum, { hold }) => sum + hold, 0), all.reduce((sum, { run }) => sum + run, 0)];
    };

    expect(await sumOf(NOW + 60_000)).toEqual([1, 0]);
    // One hour is counted anew in each look.
    for (let look = 0; look < 60; look++) await hours.look(NOW + 601_000);
    expect(await sumOf(NOW + 602_000)).toEqual([0, 1]);
  });
});
