import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import type { Alert } from '../domain/alert/alert.js';
import type { Rule } from '../domain/rule/rule.js';
import type { Occurrence } from '../domain/triage-store.js';
import type { Facts, Verdict } from './facts.js';
import { closedWhenMomentary } from './momentary.js';
import { alertFor } from './rule-changes.js';
import { judge } from './stages.js';

const RULE: Rule = { rule_id: 'R1', alert_name: 'any', playbook_id: 'P' };

function verdictOf(alert: Alert, occurrence: Occurrence | null, over: Partial<Facts> = {}): Verdict {
  return judge(alert, {
    key: 'k',
    suppression: null,
    now: '2026-11-21T10:05:00.000Z',
    occurrence,
    matching: () => [RULE],
    modeOf: () => 'auto',
    lastWrite: null,
    flapping: () => null,
    joins: () => false,
    maxRunsPerOccurrence: 1,
    ...over,
  }); // the stages of others may want more, which the ones here do not look at
}

function anOccurrence(over: Partial<Occurrence> = {}): Occurrence {
  return {
    key: 'k',
    open: true,
    alert_id: 'first',
    started_at: '2026-11-21T10:00:00.000Z',
    resolved_at: null,
    runs_used: 1,
    run_id: 'run-1',
    run_open: true,
    run_ids: ['run-1'],
    content_hash: 'h',
    content_alert_id: 'first',
    version: 1,
    ...over,
  };
}

describe('a filtered alert', () => {
  const filtered = { by: 'intake:no-dev', explanation: 'because' };

  it('is dropped in the words of what filtered it, and no rule is asked', () => {
    const asked = { matching: (): never => expect.unreachable('a rule was asked') };

    expect(verdictOf(anAlert({ filtered }), null, asked)).toEqual({
      type: 'drop',
      reason: 'filtered',
      by: 'intake:no-dev',
      explanation: 'because',
    });
  });

  it('still ends its occurrence, and still repeats the one whose run is under way', () => {
    const resolved = verdictOf(anAlert({ filtered, status: 'resolved' }), anOccurrence());
    const repeat = verdictOf(anAlert({ filtered }), anOccurrence());

    expect(resolved).toMatchObject({ reason: 'resolved' });
    expect(repeat).toMatchObject({ reason: 'duplicate' });
  });
});

describe('an alert that tells of a moment', () => {
  const event = anAlert({ momentary: true, timestamp: '2026-11-21T10:00:00.000Z' });

  it('runs what matches', () => {
    expect(verdictOf(event, null)).toMatchObject({ type: 'run', rules: [RULE] });
  });

  it('leaves its occurrence closed', () => {
    const after = closedWhenMomentary(anOccurrence(), event, '2026-11-21T10:00:05.000Z');

    expect(after).toMatchObject({ open: false, resolved_at: '2026-11-21T10:00:05.000Z' });
    expect(closedWhenMomentary(anOccurrence(), anAlert(), '2026-11-21T10:00:05.000Z').open).toBe(true);
  });

  it('is told once, whatever else is known of it', () => {
    const before = anOccurrence({ open: false, resolved_at: '2026-11-21T10:00:05.000Z', run_open: false });

    expect(verdictOf(event, before)).toMatchObject({ reason: 'duplicate', by: 'alert:first' });
  });

  it('is decided again after a hold, though its occurrence is over', () => {
    const own = anOccurrence({ open: false, alert_id: event.alert_id, resolved_at: '2026-11-21T10:00:05.000Z' });

    expect(verdictOf(event, own)).toMatchObject({ type: 'run' });
  });
});

describe('what a rule sets', () => {
  it('is seen by its run, with what came', () => {
    const alert = anAlert({ severity: 'warning', labels: { env: 'prod' } });
    const rule: Rule = { ...RULE, set: { severity: 'critical', labels: { tier: '{{ alert.labels.env }}-1' } } };

    const seen = alertFor(rule, alert);

    expect(seen.alert).toMatchObject({
      alert_id: alert.alert_id,
      severity: 'critical',
      labels: { env: 'prod', tier: 'prod-1' },
      original: { severity: 'warning', labels: { env: 'prod' } },
    });
    expect(alert.severity).toBe('warning');
  });

  it('tells what it could not set, and is nothing for other rules', () => {
    const alert = anAlert({ labels: {} });

    const seen = alertFor({ ...RULE, set: { labels: { tier: 'alert.labels.env' } } }, alert);

    expect(seen).toEqual({ alert, problems: ['labels.tier: alert.labels.env is missing'] });
    expect(alertFor(RULE, alert).alert).toBe(alert);
  });
});
