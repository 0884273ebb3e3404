import { describe, expect, it } from 'vitest';
import { changeText } from './change-line.js';

describe('a change in one line', () => {
  it.each([
    ['payment-gateway', 'replicas', '2', '3', 'payment-gateway replicas 2 → 3'],
    ['payment-gateway', 'replicas', '—', '3', 'payment-gateway replicas → 3'],
    ['payment-gateway', 'restarted', '—', '—', 'payment-gateway restarted'],
    ['POST https://ops/x', 'POST', '—', '{"status":200}', 'POST https://ops/x'],
    ['https://ops/x', 'POST https://ops/x', '—', '{"body":null}', 'POST https://ops/x'],
    ['flags', 'flag a', '{"on":true}', '{"on":false}', 'flags flag a {"on":true} → {"on":false}'],
  ])('%s, %s, %s, %s', (target, what, from, to, line) => {
    expect(changeText({ target, what, from, to })).toBe(line);
  });
});
