import { describe, expect, it } from 'vitest';
import { askedText, isHashOnly, titleText } from './change-text.js';

function aPlan(change: object) {
  const plan = {
    target: 'Deployment shop/orders',
    what: 'replicas',
    from: 3,
    to: 5,
    kind: 'kubernetes_scale',
    parameters: {},
  };
  return { message: 'Scale', plan: { ...plan, ...change } };
}

describe('what an approval asks, on a line', () => {
  it('names the target, and what it changes from and to', () => {
    expect(titleText(aPlan({}))).toBe('Deployment shop/orders: replicas 3 → 5');
  });

  it('does not name a target twice, nor a value that was not there before', () => {
    const call = aPlan({ target: 'http://shop/drain', what: 'POST http://shop/drain', from: null, to: { body: {} } });

    expect(titleText(call)).toBe('POST http://shop/drain');
  });

  it('is the question itself where nothing is planned, and nothing where that is empty', () => {
    expect(askedText({ plan: null, message: 'Go on?' })).toBe('Go on?');
    expect(titleText({ plan: null, message: '' })).toBeNull();
  });

  it('knows a body by its hash for what it is: nothing to read', () => {
    expect(isHashOnly({ body: { sha256: 'ab12', bytes: 12 } })).toBe(true);
    expect(isHashOnly({ body: { sha256: 'ab12' } })).toBe(false);
    expect(isHashOnly({ replicas: 3, body: { sha256: 'ab12', bytes: 12 } })).toBe(false);
    expect(isHashOnly(null)).toBe(false);
  });

  it('cuts a value of any size', () => {
    expect(titleText(aPlan({ to: 'x'.repeat(1_000_000) }))?.length).toBeLessThanOrEqual(120);
  });
});
