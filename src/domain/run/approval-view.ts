import type { Page, PageRequest } from '../page.js';
import type { Approval, ApprovalState } from './run.js';

export interface ApprovalFilter {
  readonly state?: ApprovalState;
  readonly run_id?: string;
}

/** Answers what people were asked. */
export interface ApprovalView {
  get(approval_id: string): Promise<Approval | null>;
  list(filter: ApprovalFilter, page: PageRequest): Promise<Page<Approval>>;
}
