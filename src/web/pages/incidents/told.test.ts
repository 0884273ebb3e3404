import { describe, expect, it } from 'vitest';
import type { IncidentEntry } from '../../../domain/incident/incident.js';
import { readTold } from './told.js';

function told(type: IncidentEntry['type'], message: string, who = 'fixpoint') {
  return readTold({ at: '2026-11-22T00:00:00.000Z', type, who, message, alert_id: null, run_id: null });
}

describe('what a line of an incident tells', () => {
  it('reads the alert that opened it, whatever the alert is called', () => {
    expect(told('opened', 'by alert Disk (critical) on fire (warning)')).toEqual({
      kind: 'by_alert',
      alert_name: 'Disk (critical) on fire',
      severity: 'warning',
    });
  });

  it('tells a comment without repeating what was done, and nothing where there is none', () => {
    expect(told('acknowledged', 'acknowledged', 'ann')).toEqual({ kind: 'nothing' });
    expect(told('acknowledged', 'acknowledged: on it: soon', 'ann')).toEqual({ kind: 'text', text: 'on it: soon' });
    expect(told('resolved', 'resolved while 3 alerts fire: drained', 'ann')).toEqual({
      kind: 'still_firing',
      count: 3,
      comment: 'drained',
    });
  });

  it('takes a person for a person: a comment about something that fires is a comment', () => {
    expect(told('reopened', 'reopened: the disk fires on db1', 'ann')).toEqual({
      kind: 'text',
      text: 'the disk fires on db1',
    });
    expect(told('reopened', 'Disk_Full fires on db1')).toEqual({
      kind: 'fires',
      alert_name: 'Disk_Full',
      service_name: 'db1',
    });
  });

  it('reads clocks, priorities, assignees and merges', () => {
    const by = '2026-11-22T00:26:33.877Z';
    expect(told('clock_breached', `nobody has acknowledged it by ${by}`)).toEqual({
      kind: 'clock',
      clock: 'acknowledge',
      by,
    });
    expect(told('clock_warning', `it has to be resolved by ${by}`)).toEqual({ kind: 'clock', clock: 'resolve', by });
    expect(told('priority_changed', 'P2 → P1: impact high, urgency medium', 'ann')).toEqual({
      kind: 'graded',
      change: 'P2 → P1',
      impact: 'high',
      urgency: 'medium',
    });
    expect(told('priority_changed', 'P2 → P0: critical, 3 services')).toEqual({
      kind: 'raised',
      change: 'P2 → P0',
      severity: 'critical',
      services: 3,
    });
    expect(told('assigned', 'to nobody', 'ann')).toEqual({ kind: 'assigned', to: null });
    expect(told('merged', 'with incident 01M80A2CX0P4MYPNJNRY7Y0000: their services are connected')).toEqual({
      kind: 'merged',
      into: false,
      incident_id: '01M80A2CX0P4MYPNJNRY7Y0000',
    });
  });

  it('leaves words that it does not know, and every note, as they came', () => {
    expect(told('clock_breached', 'nobody has acknowledged it by soon')).toEqual({
      kind: 'text',
      text: 'nobody has acknowledged it by soon',
    });
    expect(told('note', 'acknowledged', 'ann')).toEqual({ kind: 'text', text: 'acknowledged' });
  });
});
