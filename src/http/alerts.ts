import { z } from 'zod';
import { AlertAnswer, AlertOneQuery, AlertQuery } from '../domain/api/alert.js';
import { pageOf, pageRequest, sinceInstant } from '../domain/api/page.js';
import { instant } from '../domain/clock.js';
import type { AlertFilter } from '../domain/decision/alert-view.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { createEvaluation } from './evaluation.js';
import { incidentIdOf } from './incidents.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

const LIST =
  'Alerts by any of their fields. A page that is hard to find may hold fewer than asked for, even none: next_cursor leads on';

/** What arrived and what was decided about it. */
export function alertRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  const evaluate = createEvaluation(deps);

  app.get(
    '/api/v1/alerts',
    {
      onRequest,
      schema: { tags: ['alerts'], summary: LIST, querystring: AlertQuery, ...answers(200, pageOf(AlertAnswer)) },
    },
    (request) => {
      return deps.store.alerts.list(filterOf(request.query, deps.clock.now()), pageRequest(request.query));
    },
  );

  app.get(
    '/api/v1/alerts/:alert_id',
    {
      onRequest,
      schema: {
        tags: ['alerts'],
        summary: 'One alert, what was decided about it and by what, and what every rule says of it',
        params: z.object({ alert_id: PathId }),
        querystring: AlertOneQuery,
        ...answers(200, AlertAnswer),
      },
    },
    async (request) => {
      const { alert_id } = request.params;
      const alert = found(await deps.store.alerts.get(alert_id), `alert ${alert_id}`);
      const answer = { ...alert, incident_id: await incidentIdOf(deps, alert) };
      return request.query.evaluation === 'true' ? { ...answer, evaluation: await evaluate(alert) } : answer;
    },
  );
}

/** What a query asks for, in the words of the store. */
function filterOf(query: AlertQuery, now: number): AlertFilter {
  const {
    limit: _limit,
    cursor: _cursor,
    since,
    until,
    matcher,
    annotation,
    momentary,
    timestamp,
    ends_at,
    ...rest
  } = query;
  return {
    ...rest,
    ...(since === undefined ? {} : { since: sinceInstant(since, now) }),
    ...(until === undefined ? {} : { until: sinceInstant(until, now) }),
    ...(timestamp === undefined ? {} : { timestamp: instant(Date.parse(timestamp)) }),
    ...(ends_at === undefined ? {} : { ends_at: instant(Date.parse(ends_at)) }),
    ...(momentary === undefined ? {} : { momentary: momentary === 'true' }),
    ...(matcher === undefined ? {} : { matchers: [matcher].flat() }),
    ...(annotation === undefined ? {} : { annotation_matchers: [annotation].flat() }),
  };
}
