import { describe, expect, it } from 'vitest';
import { readParams } from '../../kit/url-params.js';
import { PARAMS, activeOf, isWorstFirst, queryOf } from './list-params.js';

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

  it('has the worst first only where somebody still has to work', () => {
    expect(isWorstFirst(readParams(PARAMS, ''))).toBe(true);
    expect(isWorstFirst(readParams(PARAMS, '?state=resolved'))).toBe(false);
    expect(isWorstFirst(readParams(PARAMS, '?order=newest'))).toBe(false);
  });
});
