import { describe, expect, it } from 'vitest';
import { aFreshAlert, aNewRun } from '../../test/helper/store-world.js';
import type { Alert } from '../domain/alert/alert.js';
import type { Run } from '../domain/run/run.js';
import { fold, MAX_RUN_ALERTS } from '../domain/run/transition.js';
import { alertEvents } from './alert-events.js';

const AT = '2026-11-21T12:00:00.000Z';

/** A run, and its alerts, as many as are asked for. */
function aRunOf(count: number): { run: Run; alerts: Alert[] } {
  const { run } = aNewRun();
  const joining = Array.from({ length: count - run.alert_ids.length }, () => aFreshAlert());
  const full = fold(
    run,
    joining.map((alert) => ({ type: 'alert_joined', at: AT, alert })),
  );
  return { run: full, alerts: [...full.joined] };
}

function after(run: Run, alerts: readonly Alert[], firing: boolean): { run: Run; events: string[] } {
  const events = alertEvents(run, { alerts, firing }, AT);
  return { run: fold(run, events), events: events.map((event) => event.type) };
}

describe('what a run hears of its alerts', () => {
  it('is that one joined, once', () => {
    const { run, alerts } = aRunOf(1);
    const joined = after(run, [...alerts, aFreshAlert()], true);
    expect(joined.events).toEqual(['alert_joined']);
    expect(after(joined.run, joined.run.joined, true).events).toEqual([]);
  });

  it('is that all have resolved, also when one joined and resolved since it last looked', () => {
    const { run, alerts } = aRunOf(1);
    const resolved = after(run, alerts, false);
    expect(resolved.run.alerts_resolved_at).toBe(AT);
    const again = after(resolved.run, [...alerts, aFreshAlert()], false);
    expect(again.events).toEqual(['alert_joined', 'alerts_resolved']);
    expect(again.run.alerts_resolved_at).toBe(AT);
  });

  it.each([
    ['is told of', true],
    ['is not told of', false],
  ])('is that it fires after all when it is full, and an alert more joins that it %s', (_, told) => {
    const { run, alerts } = aRunOf(MAX_RUN_ALERTS);
    const resolved = after(run, alerts, false).run;
    const oneMore = told ? [...alerts.slice(1), aFreshAlert()] : alerts;

    const firing = after(resolved, oneMore, true);

    expect(firing.run.alerts_resolved_at).toBeNull();
    expect(firing.run.alert_ids).toHaveLength(MAX_RUN_ALERTS);
    expect(after(firing.run, oneMore, true).events).toEqual([]);
    expect(after(firing.run, oneMore, false).run.alerts_resolved_at).toBe(AT);
  });

  it('is nothing when a full run gets more that fire like the others', () => {
    const { run, alerts } = aRunOf(MAX_RUN_ALERTS);
    expect(after(run, [...alerts, aFreshAlert(), aFreshAlert()], true).events).toEqual([]);
  });
});
