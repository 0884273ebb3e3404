import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../domain/incident.js';
import { readParams } from '../../kit/url-params.js';
import { PARAMS, activeOf, isWorstFirst, queryOf, worstFirst } from './list-params.js';

function incident(incident_id: string, over: Partial<Incident>): Incident {
  const times = { acknowledge_by: '2026-11-22T01:00:00.000Z', resolve_by: '2026-11-22T04:00:00.000Z' };
  // Only what the order looks at.
  return { incident_id, priority: 'P2', state: 'open', ...times, ...over } as Incident;
}

describe('the list of incidents', () => {
  it('asks for what is not resolved unless the address says otherwise', () => {
    expect(queryOf(readParams(PARAMS, ''))).toMatchObject({ open: true, state: null });
    expect(queryOf(readParams(PARAMS, '?state=resolved&service=web'))).toMatchObject({
      open: null,
      state: 'resolved',
      service_name: 'web',
    });
    expect(queryOf(readParams(PARAMS, '?state=all'))).toMatchObject({ open: null, state: null });
    expect(Object.keys(queryOf(readParams(PARAMS, '?order=newest')))).not.toContain('order');
  });

  it('counts the filters that narrow it, not its order', () => {
    expect(activeOf(readParams(PARAMS, '?order=newest'))).toBe(0);
    expect(activeOf(readParams(PARAMS, '?priority=P0&state=all'))).toBe(2);
  });

  it('puts the worst first, then what nobody has taken, then what runs out first', () => {
    const soon = { acknowledge_by: '2026-11-22T00:10:00.000Z' };
    const list = [
      incident('a', {}),
      incident('b', { state: 'acknowledged', priority: 'P1' }),
      incident('c', soon),
      incident('d', { priority: 'P1' }),
      incident('e', { acknowledge_by: null, resolve_by: null }),
    ];

    expect(worstFirst(list).map(({ incident_id }) => incident_id)).toEqual(['d', 'b', 'c', 'a', 'e']);
    expect(isWorstFirst(readParams(PARAMS, ''))).toBe(true);
    expect(isWorstFirst(readParams(PARAMS, '?state=resolved'))).toBe(false);
  });
});
