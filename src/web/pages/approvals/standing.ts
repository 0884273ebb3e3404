import type { Approval } from '../../../domain/run/run.js';
import { roleMay } from '../../api/session.js';
import type { Session } from '../../api/session.js';

/** Whether this person's answer would count, and why not where it would not; the service judges by the same rules. */
export type Standing = 'may' | 'role' | 'named' | 'own' | 'answered' | 'over';

/** How somebody stands to a question at `now` (milliseconds since the epoch). */
export function standingOf(
  approval: Pick<Approval, 'state' | 'approvers' | 'requested_by' | 'answers' | 'expires_at'>,
  { name, role }: Pick<Session, 'name' | 'role'>,
  now: number,
): Standing {
  if (approval.state !== 'pending' || Date.parse(approval.expires_at) <= now) return 'over';
  if (!roleMay(role, 'approve')) return 'role';
  if (approval.answers.some(({ by }) => by === name)) return 'answered';
  const { approvers } = approval;
  if (approvers.length > 0 && !approvers.includes(name) && !approvers.includes(role)) return 'named';
  return approval.requested_by === name ? 'own' : 'may';
}

/** How many different people have said yes. */
export function yesCount({ answers }: Pick<Approval, 'answers'>): number {
  return new Set(answers.filter(({ answer }) => answer === 'approve').map(({ by }) => by)).size;
}
