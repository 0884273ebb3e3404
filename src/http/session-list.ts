import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { mayDo } from '../domain/access/access.js';
import { PageQuery, pageOf, pageRequest } from '../domain/api/page.js';
import { SessionItem } from '../domain/api/session.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { ListedSession } from '../domain/access/session.js';
import { audit } from './audit.js';
import { ADMIN, principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';
import { judgedBySecret } from './session-cookie.js';
import { hashOf } from './token-text.js';

/** So much of the hash names a session: what signs in is the cookie's secret, which does not follow from it. */
const NAME_LENGTH = 32;
const SessionId = z.string().regex(new RegExp(`^[0-9a-f]{${NAME_LENGTH}}$`), 'no id looks like this');
const tags = ['session'];

/** Who is signed in where, and throwing them out: one's own token's sessions; an admin everybody's. */
export function sessionListRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  const { sessions } = deps.store;
  app.get(
    '/api/v1/sessions',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Sessions that last, the newest first: those of the own token; an admin sees all',
        querystring: PageQuery,
        ...answers(200, pageOf(SessionItem)),
      },
    },
    async (request) => {
      const whose = whoseOf(request);
      const now = instant(deps.clock.now());
      const { items, next_cursor } = await sessions.list(whose, pageRequest(request.query), now);
      return { items: items.map((session) => itemOf(session, request)), next_cursor };
    },
  );
  app.delete(
    '/api/v1/sessions/:session_id',
    {
      onRequest,
      schema: {
        tags,
        summary: 'Ends a session: its browser is signed out, at once in this process, within a second in others',
        params: z.object({ session_id: SessionId }),
        ...answers(200, SessionItem),
      },
    },
    async (request) => {
      const { session_id } = request.params;
      const ended = await sessions.endOne(session_id, whoseOf(request));
      if (ended === null) throw new FixpointError('not_found', `there is no session ${session_id}`);
      auth.forgetSession(ended.hash);
      const item = itemOf(ended, request);
      const details = { name: item.name, role: item.role };
      await audit(deps, { who: principalOf(request).name, what: 'session.end', target: session_id, details });
      return item;
    },
  );
}

/** Whose sessions somebody may see and end; null: everybody's. */
function whoseOf(request: FastifyRequest): string | null {
  const { role, token_id } = principalOf(request);
  // Only the configured admin has no token of the store.
  return mayDo(role, 'administer') ? null : (token_id ?? '');
}

function itemOf({ hash, token, created_at, ends_at }: ListedSession, request: FastifyRequest): SessionItem {
  const { name, role } = token ?? ADMIN;
  const secret = judgedBySecret(request);
  return {
    session_id: hash.slice(0, NAME_LENGTH),
    name,
    role,
    token_id: token?.token_id ?? null,
    created_at,
    ends_at,
    current: secret !== null && hashOf(secret) === hash,
  };
}
