import { describe, expect, it } from 'vitest';
import { Cancel } from './cancel.js';

describe('what ends an attempt', () => {
  it('tells its listeners and its signal once, with the first reason', () => {
    const cancel = new Cancel();
    const told: string[] = [];
    cancel.onAbort(() => told.push('listener'));
    const letGo = cancel.onAbort(() => told.push('let go'));
    cancel.signal.addEventListener('abort', () => told.push('signal'));
    letGo();

    expect(cancel.aborted).toBe(false);
    cancel.abort(new Error('first'));
    cancel.abort(new Error('second'));

    expect(told).toEqual(['listener', 'signal']);
    expect(cancel.aborted).toBe(true);
    expect(cancel.signal.reason).toEqual(new Error('first'));
  });

  it('has a signal that is aborted already where it was asked for late, and the same every time', () => {
    const cancel = new Cancel();
    cancel.abort();
    expect(cancel.signal.aborted).toBe(true);
    expect(cancel.signal.reason).toMatchObject({ name: 'AbortError' });
    expect(cancel.signal).toBe(cancel.signal);
  });
});
