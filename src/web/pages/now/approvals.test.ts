import { describe, expect, it } from 'vitest';
import type { Session } from '../../api/session.js';
import { waitsFor } from './approvals.js';

const ann: Session = { name: 'ann', role: 'approver', csrf: 'x' };

function anApproval(over: Partial<Parameters<typeof waitsFor>[0]> = {}): Parameters<typeof waitsFor>[0] {
  return {
    approval_id: '1',
    state: 'pending',
    message: 'Scale?',
    plan: null,
    plan_hash: '',
    approvers: [],
    quorum: 1,
    requested_at: '2026-11-21T10:00:00.000Z',
    expires_at: '2026-11-21T10:10:00.000Z',
    answers: [],
    run_id: 'r',
    step_id: 's',
    playbook_id: 'p',
    playbook_name: 'P',
    service_name: null,
    requested_by: 'rule:R1',
    ...over,
  };
}

describe('an approval', () => {
  it('waits for whoever is asked by name or role, or for every approver where nobody is named', () => {
    expect(waitsFor(anApproval(), ann)).toBe(true);
    expect(waitsFor(anApproval({ approvers: ['ann'] }), ann)).toBe(true);
    expect(waitsFor(anApproval({ approvers: ['approver'] }), ann)).toBe(true);
    expect(waitsFor(anApproval({ approvers: ['bob', 'admin'] }), ann)).toBe(false);
  });

  it('does not wait for who may not approve, who asked, or who has answered', () => {
    const answer = { by: 'ann', answer: 'approve', comment: null, at: '2026-11-21T10:01:00.000Z' } as const;

    expect(waitsFor(anApproval(), { ...ann, role: 'operator' })).toBe(false);
    expect(waitsFor(anApproval({ requested_by: 'ann' }), ann)).toBe(false);
    expect(waitsFor(anApproval({ quorum: 2, answers: [answer] }), ann)).toBe(false);
  });
});
