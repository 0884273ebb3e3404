import { NewTokenAnswer, TokenDraft } from '../domain/api/token.js';
import { instant } from '../domain/clock.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
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
}
