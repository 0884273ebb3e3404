import { describe, expect, it } from 'vitest';
import type { Incident } from '../../domain/incident/incident.js';
import { worstFirst } from './worst-first.js';

function incident(incident_id: string, over: Partial<Incident>): Incident {
  const times = { acknowledge_by: '2026-11-22T01:00:00.000Z', resolve_by: '2026-11-22T04:00:00.000Z' };
  // Only what the order looks at.
  return { incident_id, priority: 'P2', state: 'open', ...times, ...over } as Incident;
}

describe('incidents in their order', () => {
  it('have the worst first, then what nobody has taken, then what runs out first', () => {
    const soon = { acknowledge_by: '2026-11-22T00:10:00.000Z' };
    const list = [
      incident('a', {}),
      incident('b', { state: 'acknowledged', priority: 'P1' }),
      incident('c', soon),
      incident('d', { priority: 'P1' }),
      incident('e', { acknowledge_by: null, resolve_by: null }),
    ];

    expect(worstFirst(list).map(({ incident_id }) => incident_id)).toEqual(['d', 'b', 'c', 'a', 'e']);
  });
});
