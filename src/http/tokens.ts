import { z } from 'zod';
import { PageQuery, pageOf, pageRequest } from '../domain/api/page.js';
import { NewTokenAnswer, TokenAnswer, TokenDraft } from '../domain/api/token.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';
import { hashOf, newToken } from './token-text.js';

/** Who may talk to Fixpoint. For admins only: whoever makes a token could make one that may do everything. */
export function tokenRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  app.post(
    '/api/v1/tokens',
    {
      onRequest: auth.require('administer'),
      schema: {
        tags: ['tokens'],
        summary: 'Makes a token; only this answer holds its text',
        body: TokenDraft,
        ...answers(201, NewTokenAnswer),
      },
    },
    async (request, reply) => {
      const { name, role } = request.body;
      const token = newToken();
      const record = { token_id: deps.ids.next(), name, role, created_at: instant(deps.clock.now()) };
      await deps.store.tokens.add({ ...record, hash: hashOf(token) });
      const who = principalOf(request).name;
      await audit(deps, { who, what: 'token.create', target: record.token_id, details: { name, role } });
      return reply.code(201).send({ ...record, token });
    },
  );
  app.get(
    '/api/v1/tokens',
    {
      onRequest: auth.require('administer'),
      schema: { tags: ['tokens'], querystring: PageQuery, ...answers(200, pageOf(TokenAnswer)) },
    },
    (request) => deps.store.tokens.list(pageRequest(request.query)),
  );

  app.delete(
    '/api/v1/tokens/:token_id',
    {
      onRequest: auth.require('administer'),
      schema: {
        tags: ['tokens'],
        summary: 'Takes a token away; it opens nothing from now on',
        params: z.object({ token_id: PathId }),
        ...answers(200, TokenAnswer),
      },
    },
    async (request) => {
      const { token_id } = request.params;
      // With FIXPOINT_ADMIN_TOKEN there is always somebody who may do everything.
      const removed = await deps.store.tokens.remove(token_id, deps.adminToken === null);
      if (removed === 'last_admin')
        throw new FixpointError('conflict', `token ${token_id} is the last admin's: make another one first`);
      const { name, role } = found(removed === 'unknown' ? null : removed, `token ${token_id}`);
      auth.forget(token_id);
      const who = principalOf(request).name;
      await audit(deps, { who, what: 'token.delete', target: token_id, details: { name, role } });
      return removed;
    },
  );
}
