import { describe, expect, it } from 'vitest';
import { detailsText, hrefOfTarget, isWanted } from './audit-entry.js';
import type { AuditEntry } from './audit-entry.js';

function entry(over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    audit_id: 'a',
    at: '2026-11-22T00:00:00.000Z',
    who: 'Ann',
    what: 'incident.note',
    target: '01M80A',
    details: { text: 'drained the pool', comment: null },
    ...over,
  };
}

describe('the journal', () => {
  it('is looked through by name, deed and anything else, whatever the case', () => {
    expect(isWanted(entry(), { who: 'ann', what: 'incident.note', find: 'POOL' })).toBe(true);
    expect(isWanted(entry(), { who: 'bob', what: '', find: '' })).toBe(false);
    expect(isWanted(entry(), { who: '', what: 'incident', find: '' })).toBe(false);
    expect(isWanted(entry(), { who: '', what: '', find: '01m80' })).toBe(true);
  });

  it('leads to what was acted on, where that has a page', () => {
    expect(hrefOfTarget(entry())).toBe('/incidents/01M80A');
    expect(hrefOfTarget(entry({ what: 'run.cancel', target: 'a/b?c' }))).toBe('/runs/a%2Fb%3Fc');
    expect(hrefOfTarget(entry({ what: 'dead_letter.replay' }))).toBe('/system?tab=dead_letters&letter=01M80A');
    expect(hrefOfTarget(entry({ what: 'token.create' }))).toBeNull();
    expect(hrefOfTarget(entry({ what: 'constructor' }))).toBeNull();
    expect(hrefOfTarget(entry({ what: 'pause', target: null }))).toBeNull();
  });

  it('tells details in one line, without what is absent', () => {
    expect(detailsText(entry().details)).toBe('text: drained the pool');
    expect(detailsText({ matchers: ['a="1"', 'b=~"2.*"'] })).toBe('matchers: a="1", b=~"2.*"');
    expect(detailsText({ a: { b: 1 }, c: 2 })).toBe('a: {"b":1} · c: 2');
  });
});
