import { z } from 'zod';
import { pageOf, pageRequest, sinceInstant } from '../domain/api/page.js';
import {
  Cancellation,
  Confirmation,
  EventAnswer,
  EventsQuery,
  Reason,
  ReportQuery,
  Retrial,
  RunAnswer,
  RunListItem,
  RunQuery,
} from '../domain/api/run.js';
import { Report } from '../domain/run/report.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { MAX_EVENTS } from './event-streams.js';
import { incidentIdOf } from './incidents.js';
import type { EventStreams } from './event-streams.js';
import { createRunProgress } from './run-progress.js';
import { answers, found, PathId, wantsEvents } from './route.js';
import type { Api } from './route.js';

const RunParams = z.object({ run_id: PathId });
/** The report's HTML stands alone: it loads nothing and runs nothing. */
const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'";

/** What was done, how it goes on, and how people steer it. */
export function runRoutes(app: Api, deps: HttpDeps, auth: Auth, streams: EventStreams): void {
  const onRequest = auth.require('read');
  const tags = ['runs'];
  const withProgress = createRunProgress(deps);

  app.get(
    '/api/v1/runs',
    { onRequest, schema: { tags, querystring: RunQuery, ...answers(200, pageOf(RunListItem)) } },
    async (request) => {
      const { limit: _limit, cursor: _cursor, since, progress, ...filter } = request.query;
      const from = since === undefined ? {} : { since: sinceInstant(since, deps.clock.now()) };
      const page = await deps.store.runView.list({ ...filter, ...from }, pageRequest(request.query));
      return progress === 'true' ? { ...page, items: await withProgress(page.items) } : page;
    },
  );

  app.get(
    '/api/v1/runs/:run_id',
    { onRequest, schema: { tags, params: RunParams, ...answers(200, RunAnswer) } },
    (request) => runOf(deps, request.params.run_id),
  );

  eventRoute(app, deps, auth, streams);
  reportRoute(app, deps, auth);
  for (const type of ['pause', 'resume'] as const) steerRoute(app, deps, auth, type);
  cancelRoute(app, deps, auth);
  confirmRoute(app, deps, auth);
  retryRoute(app, deps, auth);
}

/** One run with everything that is known of it, or `not_found`. */
export async function runOf(deps: HttpDeps, run_id: string) {
  const run = found(await deps.store.runView.get(run_id), `run ${run_id}`);
  return { ...run, incident_id: await incidentIdOf(deps, run.alert) };
}

function eventRoute(app: Api, deps: HttpDeps, auth: Auth, streams: EventStreams): void {
  const summary = 'The events of a run, oldest first; with Accept: text/event-stream as they happen';
  const Events = pageOf(EventAnswer);
  app.get(
    '/api/v1/runs/:run_id/events',
    {
      onRequest: auth.require('read'),
      exposeHeadRoute: false,
      schema: { tags: ['runs'], summary, params: RunParams, querystring: EventsQuery, ...answers(200, Events) },
    },
    async (request, reply) => {
      const { run_id } = request.params;
      const run = await runOf(deps, run_id);
      const after =
        lastEventId(request.headers['last-event-id']) ?? request.query.last_event_id ?? request.query.cursor;
      if (wantsEvents(request)) {
        const mayGoOn = () => auth.stillMay(request, 'read');
        return streams.follow(reply, run, { after: after ?? 0, mayGoOn });
      }
      const items = await deps.store.runView.events(run_id, after ?? 0);
      const last = items.at(-1);
      return { items, next_cursor: last !== undefined && items.length >= MAX_EVENTS ? String(last.seq) : null };
    },
  );
}

function reportRoute(app: Api, deps: HttpDeps, auth: Auth): void {
  app.get(
    '/api/v1/runs/:run_id/report',
    {
      onRequest: auth.require('read'),
      schema: { tags: ['runs'], params: RunParams, querystring: ReportQuery, ...answers(200, Report) },
    },
    async (request, reply) => {
      const { format, language = deps.config.language } = request.query;
      const { run_id } = request.params;
      const report = found(await deps.reports.build(run_id, language), `run ${run_id}`);
      // The schema speaks of JSON; the other two formats are text already.
      if (format === 'json') return report;
      reply.serializer(String);
      if (format === 'text') return reply.type('text/plain; charset=utf-8').send(deps.reports.text(report));
      void reply.header('content-security-policy', REPORT_POLICY);
      return reply.type('text/html; charset=utf-8').send(deps.reports.html(report));
    },
  );
}

function steerRoute(app: Api, deps: HttpDeps, auth: Auth, type: 'pause' | 'resume'): void {
  app.post(
    `/api/v1/runs/:run_id/${type}`,
    {
      onRequest: auth.require('operate'),
      schema: { tags: ['runs'], params: RunParams, body: Reason, ...answers(200, RunAnswer) },
    },
    async (request) => {
      const { run_id } = request.params;
      const { reason } = request.body;
      const by = principalOf(request).name;
      await deps.people.steer(run_id, { type, by, reason });
      await audit(deps, { who: by, what: `run.${type}`, target: run_id, details: { reason } });
      return runOf(deps, run_id);
    },
  );
}

function cancelRoute(app: Api, deps: HttpDeps, auth: Auth): void {
  app.post(
    '/api/v1/runs/:run_id/cancel',
    {
      onRequest: auth.require('operate'),
      schema: { tags: ['runs'], params: RunParams, body: Cancellation, ...answers(200, RunAnswer) },
    },
    async (request) => {
      const { run_id } = request.params;
      const by = principalOf(request).name;
      await deps.people.steer(run_id, { type: 'cancel', by, ...request.body });
      await audit(deps, { who: by, what: 'run.cancel', target: run_id, details: request.body });
      return runOf(deps, run_id);
    },
  );
}

function confirmRoute(app: Api, deps: HttpDeps, auth: Auth): void {
  const summary =
    'Says whether it is solved; whether a write in doubt took place; or, of a run that has ended, what its outcome really is';
  app.post(
    '/api/v1/runs/:run_id/confirm',
    {
      onRequest: auth.require('operate'),
      schema: { tags: ['runs'], summary, params: RunParams, body: Confirmation, ...answers(200, RunAnswer) },
    },
    async (request) => {
      const { run_id } = request.params;
      const { step_id, solved, done, comment } = request.body;
      const by = principalOf(request).name;
      await deps.people.confirm(run_id, { by, step_id, solved, done, comment });
      await audit(deps, { who: by, what: 'run.confirm', target: run_id, details: request.body });
      return runOf(deps, run_id);
    },
  );
}

function retryRoute(app: Api, deps: HttpDeps, auth: Auth): void {
  const summary = 'Tries again what failed, was cancelled or was left out for that; a write in doubt is done once more';
  app.post(
    '/api/v1/runs/:run_id/retry',
    {
      onRequest: auth.require('operate'),
      schema: { tags: ['runs'], summary, params: RunParams, body: Retrial, ...answers(200, RunAnswer) },
    },
    async (request) => {
      const { run_id } = request.params;
      const by = principalOf(request).name;
      await deps.people.retry(run_id, { by, ...request.body });
      await audit(deps, { who: by, what: 'run.retry', target: run_id, details: request.body });
      return runOf(deps, run_id);
    },
  );
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
