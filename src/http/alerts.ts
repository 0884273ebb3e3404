import { z } from 'zod';
import { AlertAnswer, AlertQuery } from '../domain/api/alert.js';
import { pageOf, pageRequest, sinceInstant } from '../domain/api/page.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { incidentIdOf } from './incidents.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

/** What arrived and what was decided about it. */
export function alertRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');

  app.get(
    '/api/v1/alerts',
    { onRequest, schema: { tags: ['alerts'], querystring: AlertQuery, ...answers(200, pageOf(AlertAnswer)) } },
    (request) => {
      const { limit: _limit, cursor: _cursor, since, ...filter } = request.query;
      const from = since === undefined ? {} : { since: sinceInstant(since, deps.clock.now()) };
      return deps.store.alerts.list({ ...filter, ...from }, pageRequest(request.query));
    },
  );

  app.get(
    '/api/v1/alerts/:alert_id',
    { onRequest, schema: { tags: ['alerts'], params: z.object({ alert_id: PathId }), ...answers(200, AlertAnswer) } },
    async (request) => {
      const { alert_id } = request.params;
      const alert = found(await deps.store.alerts.get(alert_id), `alert ${alert_id}`);
      return { ...alert, incident_id: await incidentIdOf(deps, alert) };
    },
  );
}
