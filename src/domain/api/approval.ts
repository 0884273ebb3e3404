import { z } from 'zod';
import { ApprovalState } from '../run/run.js';
import { FilterText, PageQuery } from './page.js';
import { Remark } from './run.js';

/** The filters of `GET /api/v1/approvals`; all must hold. */
export const ApprovalQuery = PageQuery.extend({
  state: ApprovalState.exactOptional(),
  run_id: FilterText.exactOptional(),
});

/** What goes with an answer; the body may be missing. */
export const Comment = z.strictObject({ comment: Remark }).prefault({});
