import { z } from 'zod';
import {
  IncidentAssignment,
  IncidentComment,
  IncidentGrades,
  IncidentNote,
  IncidentQuery,
} from '../domain/api/incident.js';
import type { Alert } from '../domain/alert/alert.js';
import { pageOf, pageRequest, sinceInstant } from '../domain/api/page.js';
import { instant } from '../domain/clock.js';
import { Incident, IncidentDetail } from '../domain/incident/incident.js';
import type { IncidentCommand } from '../domain/incident/incident.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';

const Params = z.object({ incident_id: PathId });
const tags = ['incidents'];

/** What is wrong out there, who works at it, and what people tell about it. */
export function incidentRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const onRequest = auth.require('read');
  const { incidents } = deps.store;

  app.get(
    '/api/v1/incidents',
    { onRequest, schema: { tags, querystring: IncidentQuery, ...answers(200, pageOf(Incident)) } },
    (request) => {
      const { limit: _limit, cursor: _cursor, since, open, ...filter } = request.query;
      const now = deps.clock.now();
      const from = since === undefined ? {} : { since: sinceInstant(since, now) };
      const isOpen = open === undefined ? {} : { open: open === 'true' };
      return incidents.list({ ...filter, ...from, ...isOpen }, pageRequest(request.query), instant(now));
    },
  );

  app.get(
    '/api/v1/incidents/:incident_id',
    {
      onRequest,
      schema: { tags, summary: 'With its timeline, alerts and runs', params: Params, ...answers(200, IncidentDetail) },
    },
    (request) => detailOf(deps, request.params.incident_id),
  );

  tell(app, deps, auth, {
    path: 'acknowledge',
    summary: 'Somebody works at it: its clock for that stops',
    body: IncidentComment,
    command: (body) => ({ type: 'acknowledge', ...body }),
  });
  tell(app, deps, auth, {
    path: 'resolve',
    summary: 'It is over, whatever its alerts say; a new alert soon after opens it again',
    body: IncidentComment,
    command: (body) => ({ type: 'resolve', ...body }),
  });
  tell(app, deps, auth, {
    path: 'reopen',
    summary: 'It is not over: its clocks begin anew',
    body: IncidentComment,
    command: (body) => ({ type: 'reopen', ...body }),
  });
  tell(app, deps, auth, {
    path: 'assign',
    summary: 'Who works at it; null: nobody',
    body: IncidentAssignment,
    command: (body) => ({ type: 'assign', ...body }),
  });
  tell(app, deps, auth, {
    path: 'notes',
    summary: 'Adds a line to the timeline; also when it is resolved',
    body: IncidentNote,
    command: (body) => ({ type: 'note', ...body }),
  });
  tell(app, deps, auth, {
    path: 'priority',
    summary: 'Sets impact and urgency; from then on alerts do not change them',
    body: IncidentGrades,
    command: (body) => ({ type: 'priority', ...body }),
  });
}

/** The incident that an alert belongs to, where there is one. */
export async function incidentIdOf(deps: HttpDeps, alert: Alert | null): Promise<string | null> {
  return alert === null ? null : ((await deps.store.incidents.ofAlert(alert))?.incident_id ?? null);
}

type Told = IncidentCommand extends infer Command ? (Command extends unknown ? Omit<Command, 'by'> : never) : never;

interface Telling<Body extends z.ZodType> {
  readonly path: string;
  readonly summary: string;
  readonly body: Body;
  readonly command: (body: z.output<Body>) => Told;
}

function tell<Body extends z.ZodType>(app: Api, deps: HttpDeps, auth: Auth, telling: Telling<Body>): void {
  const { path, summary, body } = telling;
  app.post(
    `/api/v1/incidents/:incident_id/${path}`,
    {
      onRequest: auth.require('operate'),
      schema: { tags, summary, params: Params, body, ...answers(200, IncidentDetail) },
    },
    async (request) => {
      const { incident_id } = request.params;
      const by = principalOf(request).name;
      const command = telling.command(request.body as z.output<Body>); // as the schema above has read it
      await deps.incidents.act(incident_id, { ...command, by });
      const { type, ...details } = command;
      await audit(deps, { who: by, what: `incident.${type}`, target: incident_id, details });
      return detailOf(deps, incident_id);
    },
  );
}

async function detailOf(deps: HttpDeps, incident_id: string): Promise<IncidentDetail> {
  const incident = await deps.store.incidents.get(incident_id, instant(deps.clock.now()));
  return found(incident, `incident ${incident_id}`);
}
