import { describe, expect, it } from 'vitest';
import { createConnections } from './incident-connections.js';
import { impactOf, IncidentsConfig, priorityOf } from './incident-rules.js';
import type { Grade } from './incident.js';

const defaults = IncidentsConfig.parse({});

describe('the impact of an incident', () => {
  const of = (service_names: string[], given: object = {}): Grade =>
    impactOf({ severity: 'critical', service_names }, IncidentsConfig.parse({ impact: given }));

  it('grows with the services, and is low where no service is known', () => {
    expect([of([]), of(['a']), of(['a', 'b']), of(['a', 'b', 'c'])]).toEqual(['low', 'medium', 'medium', 'high']);
    expect(of(['a', 'b'], { high_from: 2 })).toBe('high');
  });

  it('is what the worst of the services means, where that is configured', () => {
    const services = { wiki: 'low', shop: 'high' };
    expect(of(['wiki'], { services })).toBe('low');
    expect(of(['wiki', 'shop'], { services })).toBe('high');
    // What nobody has said anything about is not unimportant.
    expect(of(['wiki', 'unknown'], { services })).toBe('medium');
    expect(of(['constructor'], { services })).toBe('medium');
  });
});

describe('the priority of an incident', () => {
  it('follows from impact and urgency by the matrix', () => {
    const grades = ['high', 'medium', 'low'] as const;
    const table = grades.map((impact) => grades.map((urgency) => priorityOf(impact, urgency, defaults)).join(' '));
    expect(table).toEqual(['P0 P1 P2', 'P1 P2 P3', 'P2 P3 P4']);
    expect(priorityOf('low', 'high', IncidentsConfig.parse({ matrix: { low: { high: 'P0' } } }))).toBe('P0');
    expect(priorityOf('low', 'low', IncidentsConfig.parse({ matrix: { low: { high: 'P0' } } }))).toBe('P4');
  });
});

describe('the configuration of incidents', () => {
  it.each([
    [{ depth: 6 }, 'depth'],
    [{ priorities: { P5: {} } }, 'P5'],
    [{ priorities: { P0: { acknowledge: 'soon' } } }, 'a duration such as 15m or 4h, or 0'],
    [{ matrix: { high: { high: 'P9' } } }, 'P0'],
    [{ warn_at: 1 }, 'warn_at'],
    [{ notify: [] }, 'notify'],
    [{ notify_wait: '2h' }, 'at most 10m'],
    [{ impact: { services: { a: 'huge' } } }, 'high'],
  ])('refuses %j', (given, said) => {
    const result = IncidentsConfig.safeParse(given);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toContain(said);
  });

  it('takes 0 for no clock and keeps the other defaults', () => {
    const { P0, P4 } = IncidentsConfig.parse({ priorities: { P0: { resolve: 0 } } }).priorities;
    expect(P0).toEqual({ response_level: 1, acknowledge: '5m', resolve: 0 });
    expect(P4).toEqual({ response_level: 5, acknowledge: '1d', resolve: '7d' });
  });
});

describe('connected services', () => {
  const calls = { web: ['orders', 'web'], orders: ['stock', 'db'], stock: ['db'], wiki: ['db'] };
  const of = (service: string, depth: number): string[] => [...createConnections(calls, depth)(service)].sort();

  it('are those that it calls and those that call it, over as many steps as are asked for', () => {
    expect(of('orders', 1)).toEqual(['db', 'orders', 'stock', 'web']);
    expect(of('web', 1)).toEqual(['orders', 'web']);
    expect(of('web', 2)).toEqual(['db', 'orders', 'stock', 'web']);
    expect(of('web', 0)).toEqual(['web']);
    expect(of('stranger', 3)).toEqual(['stranger']);
  });

  it('are not those that merely call the same third one', () => {
    expect(of('wiki', 3)).toEqual(['db', 'wiki']);
  });

  it('are so in both directions, circles and all', () => {
    const connected = createConnections({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] }, 2);
    for (const one of ['a', 'b', 'c', 'd']) for (const other of connected(one)) expect(connected(other)).toContain(one);
    expect(connected('a')).toHaveLength(4);
  });
});
