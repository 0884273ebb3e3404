import type { Run, RunEvent } from '../domain/run/run.js';

/** What a run asks people, and where. */
export interface Question {
  readonly run: Run;
  readonly step_id: string;
  readonly about: 'approval' | 'confirmation' | 'in_doubt';
  readonly approvers: readonly string[];
  readonly quorum: number;
}

/** What people say to it: a yes or a no, and how long they take. Null: nobody answers. */
export interface PeopleAnswer {
  readonly yes: boolean;
  readonly by: string | null;
  readonly after_ms: number;
}

/** The question to people that an event of a run is; null for all others. */
export function questionIn(run: Run, event: RunEvent): Question | null {
  if (event.type === 'approval_requested') {
    const { approvers, quorum } = event.approval;
    return { run, step_id: event.step_id, about: 'approval', approvers, quorum };
  }
  const base = { run, approvers: [], quorum: 1 };
  if (event.type === 'confirmation_requested') return { ...base, step_id: event.step_id, about: 'confirmation' };
  if (event.type === 'step_waiting' && event.reason === 'in_doubt')
    return { ...base, step_id: event.step_id, about: 'in_doubt' };
  return null;
}

const ROLES = ['approver', 'admin', 'operator', 'viewer'] as const;

/** The role that is asked for, where one is. */
export function roleIn(approvers: readonly string[]): (typeof ROLES)[number] {
  return ROLES.find((role) => approvers.includes(role)) ?? 'approver';
}

/** As many different people as are needed, by the names that are asked for. */
export function namesFor(approvers: readonly string[], count: number): string[] {
  const isRole = (name: string): boolean => ROLES.some((role) => role === name);
  const known = approvers.filter((name) => !isRole(name));
  const others = Array.from({ length: count }, (_, index) => `person-${index + 1}`);
  return (known.length > 0 ? known : others).slice(0, count);
}
