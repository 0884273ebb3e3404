import { MAX_TOKEN_LENGTH, SessionAnswer, SessionRequest } from '../domain/api/session.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import { audit } from './audit.js';
import { csrfMissing, principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { sessionListRoutes } from './session-list.js';
import { answers, noContent } from './route.js';
import type { Api } from './route.js';
import {
  adminProof,
  csrfOf,
  isSecure,
  newSecret,
  judgedBySecret,
  secretOf,
  setCookie,
  showsCsrf,
} from './session-cookie.js';
import { hashOf } from './token-text.js';

const PATH = '/api/v1/session';
const tags = ['session'];
/** A token and its quotes; nobody who is not known yet may send more. */
const BODY_LIMIT = 4 * MAX_TOKEN_LENGTH;

/** Signing in with a token, so that a browser need not keep it: a cookie stands for it, until it ends. */
export function sessionRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  signInRoute(app, deps, auth);
  app.get(
    PATH,
    {
      onRequest: auth.require('read'),
      schema: { tags, summary: 'Who is signed in, and what goes with every change', ...answers(200, SessionAnswer) },
    },
    (request): SessionAnswer => {
      const { name, role } = principalOf(request);
      const secret = judgedBySecret(request);
      return { name, role, csrf: secret === null ? null : csrfOf(secret) };
    },
  );
  signOutRoute(app, deps, auth);
  sessionListRoutes(app, deps, auth);
}

function signInRoute(app: Api, deps: HttpDeps, auth: Auth): void {
  const { adminToken, clock, config, store } = deps;
  app.post(
    PATH,
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        tags,
        summary: 'Signs in with a token: the answer sets the cookie fixpoint_session',
        body: SessionRequest,
        security: [],
        ...noContent(),
      },
    },
    async (request, reply) => {
      const { principal, token } = await auth.signIn(request.body.token);
      const secret = newSecret();
      const now = clock.now();
      const isKept = await store.sessions.add({
        hash: hashOf(secret),
        token_id: token?.token_id ?? null,
        admin_proof: token === null && adminToken !== null ? adminProof(secret, adminToken) : null,
        created_at: instant(now),
        ends_at: instant(now + config.sessionMs),
      });
      if (!isKept) throw new FixpointError('unauthorized', 'the token is not known here');
      await audit(deps, {
        who: principal.name,
        what: 'session.begin',
        target: null,
        details: { role: principal.role },
      });
      const cookie = setCookie(secret, config.sessionMs, isSecure(request, config.publicUrl));
      return reply.header('set-cookie', cookie).code(204).send();
    },
  );
}

function signOutRoute(app: Api, deps: HttpDeps, auth: Auth): void {
  app.delete(
    PATH,
    {
      schema: {
        tags,
        summary: 'Ends the session of the cookie; one that has ended already is no error',
        ...noContent(),
      },
    },
    async (request, reply) => {
      const secret = secretOf(request);
      const who = secret === null ? null : await auth.sessionOf(secret);
      if (secret !== null && who !== null) {
        if (!showsCsrf(request, secret)) throw csrfMissing();
        await deps.store.sessions.end(hashOf(secret));
        auth.forgetSession(hashOf(secret));
        await audit(deps, { who: who.name, what: 'session.end', target: null, details: { role: who.role } });
      }
      const cookie = setCookie(null, 0, isSecure(request, deps.config.publicUrl));
      return reply.header('set-cookie', cookie).code(204).send();
    },
  );
}
