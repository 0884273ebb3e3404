import { describe, expect, it } from 'vitest';
import { KINDS, alertsHref, endOfHour, roundTop, totalOf } from './hours.js';

describe('the chart of alerts', () => {
  it('has a round top that no bar exceeds, and that wastes less than half', () => {
    for (const most of [1, 2, 3, 7, 11, 28, 99, 101, 4_321, 999_999]) {
      const top = roundTop(most);

      expect(top).toBeGreaterThanOrEqual(most);
      expect(top).toBeLessThan(most * 2);
      expect(Number.isInteger(top)).toBe(true);
    }
    expect(roundTop(0)).toBe(1);
  });

  it('counts every kind', () => {
    const hour = { at: '', run: 1, join: 2, hold: 4, drop: 8, resolved: 16, duplicate: 32, undecided: 64 };

    expect(totalOf(hour)).toBe(127);
    expect([...KINDS].sort()).toEqual(
      Object.keys(hour)
        .filter((name) => name !== 'at')
        .sort(),
    );
  });

  it('leads to the alerts that a part stands for', () => {
    const at = '2026-11-21T23:00:00.000Z';

    expect(alertsHref(at, endOfHour(at), 'duplicate')).toBe(
      '/alerts?action=drop&reason=duplicate&since=2026-11-21T23%3A00%3A00.000Z&until=2026-11-22T00%3A00%3A00.000Z',
    );
    expect(alertsHref('24h', null, 'hold')).toBe('/alerts?action=hold&since=24h');
    expect(alertsHref('24h', null, null)).toBe('/alerts?since=24h');
  });
});
