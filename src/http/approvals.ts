import { z } from 'zod';
import { ApprovalQuery, Comment } from '../domain/api/approval.js';
import { Approval } from '../domain/run/run.js';
import { pageOf, pageRequest } from '../domain/api/page.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

const Params = z.object({ approval_id: PathId });

/** What people were asked, and their answers. */
export function approvalRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const tags = ['approvals'];
  const { approvals } = deps.store;

  app.get(
    '/api/v1/approvals',
    {
      onRequest: auth.require('read'),
      schema: { tags, querystring: ApprovalQuery, ...answers(200, pageOf(Approval)) },
    },
    (request) => {
      const { limit: _limit, cursor: _cursor, ...filter } = request.query;
      return approvals.list(filter, pageRequest(request.query));
    },
  );

  app.get(
    '/api/v1/approvals/:approval_id',
    { onRequest: auth.require('read'), schema: { tags, params: Params, ...answers(200, Approval) } },
    async (request) => found(await approvals.get(request.params.approval_id), `approval ${request.params.approval_id}`),
  );

  for (const answer of ['approve', 'deny'] as const) {
    app.post(
      `/api/v1/approvals/:approval_id/${answer}`,
      {
        onRequest: auth.require('approve'),
        schema: { tags, params: Params, body: Comment, ...answers(200, Approval) },
      },
      async (request) => {
        const { approval_id } = request.params;
        const { comment } = request.body;
        const what = `approval ${approval_id}`;
        const { run_id, step_id, plan_hash } = found(await approvals.get(approval_id), what);
        const { name: by, role } = principalOf(request);
        await deps.people.answer(run_id, { approval_id, step_id, answer, by, role, comment });
        const details = { run_id, step_id, plan_hash, comment };
        await audit(deps, { who: by, what: `approval.${answer}`, target: approval_id, details });
        return found(await approvals.get(approval_id), what);
      },
    );
  }
}
