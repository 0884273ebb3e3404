import { describe, expect, it } from 'vitest';
import type { IncidentNews } from '../domain/incident/incident-rules.js';
import type { Priority } from '../domain/incident/incident.js';
import { composeIncidents } from './incident-notice.js';

function news(n: number, priority: Priority = 'P2', what: IncidentNews['what'] = 'opened'): IncidentNews {
  const incident: IncidentNews['incident'] = {
    incident_id: `incident-${n}`,
    title: `Slow\u001b[2J on service-${n}`,
    state: 'open',
    priority,
    severity: 'critical',
    service_names: [`service-${n}`],
  };
  return { what, incident, by: what === 'opened' ? null : '2026-11-21T10:15:00.000Z' };
}

const english = { language: 'en', channels: ['slack'] } as const;

describe('a message about incidents', () => {
  it('names the one, and how to take it', () => {
    const { subject, text, severity, channels } = composeIncidents([news(1, 'P1')], english);
    expect(subject).toBe('P1 Slow [2J on service-1 (incident-1): opened');
    expect(text).toContain('fixpoint incidents ack incident-1');
    expect([severity, channels]).toEqual(['critical', ['slack']]);
  });

  it('is one for many, the most urgent first, and counts what it does not name', () => {
    const many = Array.from({ length: 50 }, (_, n) => news(n, n === 30 ? 'P0' : 'P3'));
    const { subject, text, severity } = composeIncidents(many, english);
    expect(subject).toBe('50 incidents need a look: P0 Slow [2J on service-30 (incident-30)');
    expect(text.split('\n')[0]).toContain('incident-30');
    expect(text).toContain('and 30 more');
    expect(text.split('\n').length).toBeLessThan(30);
    expect(severity).toBe('critical');
  });

  it.each([
    ['acknowledge_warning', 'has to be acknowledged by 2026-11-21T10:15:00.000Z', 'info'],
    ['acknowledge_breached', 'was not acknowledged by 2026-11-21T10:15:00.000Z', 'warning'],
    ['resolve_warning', 'has to be resolved by', 'info'],
    ['resolve_breached', 'was not resolved by', 'warning'],
  ] as const)('tells of %s', (what, said, severity) => {
    const message = composeIncidents([news(1, 'P3', what)], english);
    expect(message.text).toContain(said);
    expect(message.severity).toBe(severity);
  });

  it('speaks Chinese', () => {
    const { text } = composeIncidents([news(1, 'P0', 'resolve_breached')], { language: 'zh', channels: ['wecom'] });
    expect(text).toContain('未在 2026-11-21T10:15:00.000Z 前解决');
  });
});
