import { describe, expect, it } from 'vitest';
import { closingLines, wentWell } from './closing.js';
import type { Ending } from './closing.js';

const WELL: Ending = {
  service: 'payment-gateway',
  run: {
    run_id: '01RUN',
    name: 'PB',
    state: 'succeeded',
    replicas: '2 → 3',
    finished_at: '2026-11-21T10:00:05.000Z',
  },
  resolved_at: '2026-11-21T10:00:05.200Z',
  report: { to: ['oncall@example.com'], subject: 'PB succeeded in 4.8 s' },
};

describe('the end of the demo', () => {
  it('says why a report that was written before the alert resolved calls it firing', () => {
    expect(closingLines(WELL)).toEqual([
      'run       01RUN PB succeeded',
      'replicas  payment-gateway 2 → 3',
      'alert     resolved, 200 ms after the run ended: the report was written before that and says "still firing"',
      'report    sent to oncall@example.com: PB succeeded in 4.8 s',
    ]);
    expect(closingLines({ ...WELL, resolved_at: '2026-11-21T10:00:04.000Z' })[2]).toBe('alert     resolved');
    expect(wentWell(WELL)).toBe(true);
  });

  it.each<[Partial<Ending>, string]>([
    [{ run: null }, 'run       did not start'],
    [{ run: { ...WELL.run!, state: 'failed' } }, 'run       01RUN PB failed'],
    [{ run: { ...WELL.run!, replicas: null } }, 'replicas  unchanged'],
    [{ resolved_at: null }, 'alert     still firing'],
    [{ report: null }, 'report    not sent'],
  ])('is not a good one with %j', (over, line) => {
    expect(wentWell({ ...WELL, ...over })).toBe(false);
    expect(closingLines({ ...WELL, ...over })).toContain(line);
  });
});
