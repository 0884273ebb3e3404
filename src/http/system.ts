import { Reason } from '../domain/api/run.js';
import { pageOf, pageRequest, sinceInstant } from '../domain/api/page.js';
import { AuditAnswer, AuditQuery, PauseAnswer, StatsAnswer, StatsQuery } from '../domain/api/system.js';
import { instant } from '../domain/clock.js';
import type { PauseState } from '../domain/pause.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';
import { stormNow } from './storms.js';

const JOURNAL =
  'Who did what, the newest first. A page that is hard to find may hold fewer than asked for, even none: next_cursor leads on';

/** Counts, the journal of people's deeds, and the big red button. */
export function systemRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  const tags = ['system'];

  app.get(
    '/api/v1/stats',
    { onRequest, schema: { tags, querystring: StatsQuery, ...answers(200, StatsAnswer) } },
    async (request) => {
      const since = sinceInstant(request.query.since, deps.clock.now());
      const [stats, storms] = await Promise.all([
        deps.store.runView.stats(since),
        deps.store.storm.current(instant(deps.clock.now())),
      ]);
      return { since, ...stats, storm: stormNow(storms) };
    },
  );

  app.get(
    '/api/v1/audit',
    {
      onRequest,
      schema: { tags, summary: JOURNAL, querystring: AuditQuery, ...answers(200, pageOf(AuditAnswer)) },
    },
    (request) => {
      const { limit: _limit, cursor: _cursor, since, ...filter } = request.query;
      const from = since === undefined ? {} : { since: sinceInstant(since, deps.clock.now()) };
      return deps.store.audit.list(pageRequest(request.query), { ...filter, ...from });
    },
  );

  app.get('/api/v1/pause', { onRequest, schema: { tags, ...answers(200, PauseAnswer) } }, () =>
    deps.store.pause.read(),
  );
  pauseRoute(app, deps, auth, true);
  pauseRoute(app, deps, auth, false);
}

function pauseRoute(app: Api, deps: HttpDeps, auth: Auth, paused: boolean): void {
  const summary = paused ? 'The big red button: no new write starts anywhere' : 'Writes may start again';
  app.post(
    paused ? '/api/v1/pause' : '/api/v1/resume',
    {
      onRequest: auth.require('operate'),
      schema: { tags: ['system'], summary, body: Reason, ...answers(200, PauseAnswer) },
    },
    async (request) => {
      const by = principalOf(request).name;
      const { reason } = request.body;
      const before = await deps.store.pause.read();
      // Pressed twice it stays as it is: who pressed it first, and why, is what people need to see.
      if (before.paused === paused) return before;
      const state: PauseState = { paused, by, reason, at: instant(deps.clock.now()) };
      await deps.store.pause.set(state);
      await audit(deps, { who: by, what: paused ? 'pause' : 'resume', target: null, details: { reason } });
      return state;
    },
  );
}
