import { describe, expect, it } from 'vitest';
import { visibleRange } from './window-range.js';

describe('the rows that are drawn', () => {
  it('are those in sight and a few around, wherever the list is scrolled', () => {
    for (const scrolled of [0, 39, 12_345, 1_999_960, 3_999_400]) {
      const { from, to } = visibleRange({ top: -scrolled, height: 900 }, 40, 100_000);

      expect(from).toBeLessThanOrEqual(Math.max(0, Math.floor(scrolled / 40) - 12));
      expect(to).toBeGreaterThanOrEqual(Math.min(100_000, Math.ceil((scrolled + 900) / 40)));
      expect(to - from).toBeLessThan(60);
    }
  });

  it('stay the same while the list moves by a pixel', () => {
    const ranges = [400, 401, 402, 410].map((top) => visibleRange({ top: -top, height: 900 }, 40, 1_000));

    expect(new Set(ranges.map(({ from }) => from)).size).toBe(1);
  });

  it('are none of an empty list, and end with a short one', () => {
    expect(visibleRange({ top: 100, height: 900 }, 40, 0)).toEqual({ from: 0, to: 0 });
    expect(visibleRange({ top: 100, height: 900 }, 40, 3)).toEqual({ from: 0, to: 3 });
    expect(visibleRange({ top: -10_000, height: 900 }, 40, 3).to).toBe(3);
  });
});
