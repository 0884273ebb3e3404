import { describe, expect, it } from 'vitest';
import { idInAddress } from './id-in-address.js';

describe('an id in the address', () => {
  it('is read as it was written, with every sign that it may hold', () => {
    const id = 'night:eu-1.patch';
    expect(idInAddress(decodeURI(encodeURIComponent(id)))).toBe(id);
    expect(idInAddress('100%')).toBe('100%');
  });
});
