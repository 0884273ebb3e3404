import { describe, expect, it } from 'vitest';
import { aimOf, brokenGuard, narrower } from './bounds.js';

const OPEN = { min: 0, max: Infinity };

describe('the number of replicas to aim at', () => {
  it.each([
    [{ replicas: 4 }, 2, OPEN, 4],
    [{ replicas_increase: 1 }, 2, OPEN, 3],
    [{ replicas_decrease: 1 }, 2, OPEN, 1],
    [{ replicas_decrease: 5 }, 2, OPEN, 0],
    [{ replicas_increase: 5 }, 2, { min: 1, max: 4 }, 4],
    [{ replicas_decrease: 5 }, 4, { min: 2, max: 9 }, 2],
    // At or beyond the bound a difference does nothing, and never the opposite.
    [{ replicas_increase: 1 }, 5, { min: 1, max: 5 }, 5],
    [{ replicas_increase: 1 }, 8, { min: 1, max: 5 }, 8],
    [{ replicas_decrease: 1 }, 1, { min: 2, max: 5 }, 1],
  ])('%j from %i within %j is %i', (asked, current, bounds, to) => {
    expect(aimOf(asked, current, bounds)).toMatchObject({ type: 'aim', to });
  });

  it.each([
    [{ replicas: 0 }, { min: 1, max: 5 }, 'guard min_replicas: 0 is below 1'],
    [{ replicas: 6 }, { min: 1, max: 5 }, 'guard max_replicas: 6 is above 5'],
    [{ replicas_increase: 1 }, { min: 3, max: 5 }, 'guard min_replicas: 1 is below 3'],
    [{ replicas: 4 }, { min: 6, max: 5 }, 'guard min_replicas 6 is above guard max_replicas 5'],
  ])('%j within %j is refused', (asked, bounds, reason) => {
    expect(aimOf(asked, 0, bounds)).toEqual({ type: 'refused', reason });
  });

  it('names the guard that clipped it', () => {
    expect(aimOf({ replicas_increase: 5 }, 2, { min: 1, max: 4 })).toMatchObject({
      reason: 'guard max_replicas: 7 would be above 4, so it stops there',
    });
  });
});

it('lets a playbook narrow the configured bounds, never widen them', () => {
  const configured = { min_replicas: 2, max_replicas: 6 };

  expect(narrower(configured, { min_replicas: 1, max_replicas: 9 })).toEqual({ min: 2, max: 6 });
  expect(narrower(configured, { min_replicas: 3, max_replicas: 4 })).toEqual({ min: 3, max: 4 });
  expect(narrower(configured, {})).toEqual({ min: 2, max: 6 });
});

it('breaks no guard at the bounds themselves', () => {
  expect(brokenGuard(1, { min: 1, max: 1 })).toBeNull();
});
