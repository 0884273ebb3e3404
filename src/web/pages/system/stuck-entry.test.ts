import { describe, expect, it } from 'vitest';
import { stuckEntry } from './stuck-entry.js';

describe('what cannot be written', () => {
  it('leads to its page', () => {
    expect(stuckEntry('the run 01M81F7HNS')).toEqual({ kind: 'run', id: '01M81F7HNS', href: '/runs/01M81F7HNS' });
    expect(stuckEntry('the alert a/b')).toEqual({ kind: 'alert', id: 'a/b', href: '/alerts/a%2Fb' });
    expect(stuckEntry('the occurrence f00')).toEqual({ kind: 'occurrence', id: 'f00', href: null });
  });

  it('is told as it came where it is nothing that has a page', () => {
    for (const text of ['the table of alerts', 'the run', '', 'run 1'])
      expect(stuckEntry(text)).toEqual({ kind: 'other', text });
  });
});
