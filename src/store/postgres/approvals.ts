import type { Approval, NewRunHeader, StepApproval } from '../../domain/run/run.js';
import type { ApprovalFilter, ApprovalView } from '../../domain/run/approval-view.js';
import type { Page, PageRequest } from '../../domain/page.js';
import type { Db } from '../db.js';
import { checkCursor, Conditions, pageOf } from './page.js';

/** Answers what people were asked. */
export function createApprovalView(db: Db): ApprovalView {
  return {
    get: async (approval_id) => {
      const [item] = await select(db, new Conditions().add('approval_id = $', approval_id), 1);
      return item ?? null;
    },
    list: (filter, page) => list(db, filter, page),
  };
}

async function list(db: Db, filter: ApprovalFilter, page: PageRequest): Promise<Page<Approval>> {
  const conditions = new Conditions()
    .add('approval_id < $', checkCursor(page))
    .add('approvals.state = $', filter.state)
    .add('approvals.run_id = $', filter.run_id);
  return pageOf(await select(db, conditions, page.limit + 1), page.limit, (item) => item.approval_id);
}

async function select(db: Db, conditions: Conditions, limit: number): Promise<Approval[]> {
  const rows = await db.query<{ run_id: string; step_id: string; doc: StepApproval; begun: NewRunHeader }>({
    text: `select approvals.run_id, step_id, approvals.doc,
        (select events -> 0 -> 'run' from run_changes where run_changes.run_id = approvals.run_id and seq = 1) as begun
      from approvals ${conditions.where} order by approval_id desc limit ${conditions.param(limit)}`,
    values: conditions.values,
  });
  return rows.map(({ run_id, step_id, doc, begun }) => {
    const { playbook_id, playbook_name, service_name, requested_by } = begun;
    return { ...doc, run_id, step_id, playbook_id, playbook_name, service_name, requested_by };
  });
}
