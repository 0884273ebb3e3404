import { describe, expect, it } from 'vitest';
import type { Approval } from '../../../domain/run/run.js';
import { standingOf, yesCount } from './standing.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');

function aQuestion(change: Partial<Approval> = {}) {
  return {
    state: 'pending',
    approvers: [],
    requested_by: 'rule:R001',
    answers: [],
    expires_at: '2026-11-21T10:15:00.000Z',
    ...change,
  } as Approval;
}

const ann = { name: 'ann', role: 'approver' } as const;
const yes = (by: string) => ({ by, answer: 'approve' as const, comment: null, at: '2026-11-21T09:59:00.000Z' });

describe('who may answer an approval', () => {
  it('lets anybody answer whose role approves, where nobody is named', () => {
    expect(standingOf(aQuestion(), ann, NOW)).toBe('may');
    expect(standingOf(aQuestion(), { name: 'root', role: 'admin' }, NOW)).toBe('may');
    expect(standingOf(aQuestion(), { name: 'op', role: 'operator' }, NOW)).toBe('role');
  });

  it('takes names and roles among the approvers', () => {
    expect(standingOf(aQuestion({ approvers: ['ann'] }), ann, NOW)).toBe('may');
    expect(standingOf(aQuestion({ approvers: ['approver'] }), ann, NOW)).toBe('may');
    expect(standingOf(aQuestion({ approvers: ['bob', 'admin'] }), ann, NOW)).toBe('named');
  });

  it('lets nobody approve a run of their own, nor answer twice', () => {
    expect(standingOf(aQuestion({ requested_by: 'ann' }), ann, NOW)).toBe('own');
    expect(standingOf(aQuestion({ answers: [yes('ann')] }), ann, NOW)).toBe('answered');
  });

  it('is over when it was answered, and at the instant of its end', () => {
    expect(standingOf(aQuestion({ state: 'denied' }), ann, NOW)).toBe('over');
    expect(standingOf(aQuestion({ expires_at: '2026-11-21T10:00:00.000Z' }), ann, NOW)).toBe('over');
  });

  it('counts each person once, and only who said yes', () => {
    expect(yesCount({ answers: [yes('ann'), yes('ann'), yes('bob'), { ...yes('eve'), answer: 'deny' }] })).toBe(2);
  });
});
