import { z } from 'zod';
import { pageOfArray, pageRequest } from '../domain/api/page.js';
import {
  problemOfTimes,
  WindowAnswer,
  windowAnswer,
  WindowDraft,
  WindowList,
  windowOf,
  WindowPreview,
  WindowPreviewRequest,
  WindowQuery,
} from '../domain/api/suppression.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { MaintenanceWindow } from '../domain/suppression/suppression.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { invalid } from './refusal.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';
import { addSuppression, endSuppression, fromFile } from './suppressions.js';

const Params = z.object({ window_id: PathId });
const WHAT = 'maintenance window';

/** When alerts are held and writes frozen because somebody works there: windows of files and those made here. */
export function maintenanceWindowRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const tags = ['maintenance windows'];
  app.get(
    '/api/v1/maintenance_windows',
    {
      onRequest: auth.require('read'),
      schema: {
        tags,
        summary:
          'Windows with their next occurrences: those of files first, then the newest; ended ones with origin=api',
        querystring: WindowQuery,
        ...answers(200, WindowList),
      },
    },
    async (request) => {
      const now = instant(deps.clock.now());
      const page = pageRequest(request.query);
      if (request.query.origin === 'api') {
        const { items, next_cursor } = await deps.store.suppressions.list('maintenance_window', {}, page, now);
        const own = items.flatMap((kept) => (kept.kind === 'maintenance_window' ? [windowAnswer(kept.doc, now)] : []));
        return { items: own, next_cursor };
      }
      const { windows } = deps.suppressions.set.content;
      const files = windows.filter((window) => window.origin === 'file');
      const own = request.query.origin === 'file' ? [] : windows.filter((window) => window.origin === 'api').reverse();
      const { items, next_cursor } = pageOfArray([...files, ...own], page);
      return { items: items.map((window) => windowAnswer(window, now)), next_cursor };
    },
  );
  app.post(
    '/api/v1/maintenance_windows',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Makes a window: once, by cron, or by time intervals as in Alertmanager',
        body: WindowDraft,
        ...answers(201, WindowAnswer),
      },
    },
    async (request, reply) => {
      const by = principalOf(request).name;
      const now = instant(deps.clock.now());
      const window = newWindow(request.body, deps.ids.next(), by, deps);
      await addSuppression(deps, { kind: 'maintenance_window', doc: window }, null);
      const { window_id, matchers, schedule, hold, freeze, comment } = window;
      const details = { matchers, schedule, hold, freeze, comment };
      await audit(deps, { who: by, what: 'maintenance_window.create', target: window_id, details });
      return reply
        .code(201)
        .header('location', `/api/v1/maintenance_windows/${window_id}`)
        .send(windowAnswer(window, now));
    },
  );
  app.post(
    '/api/v1/maintenance_windows/preview',
    {
      onRequest: auth.require('read'),
      schema: {
        tags,
        summary: 'When a window would be in force: its next occurrences; nothing is made',
        body: WindowPreviewRequest,
        ...answers(200, WindowPreview),
      },
    },
    (request): WindowPreview => {
      const draft = { ...request.body, comment: request.body.comment ?? '' };
      const { state, next } = windowAnswer(newWindow(draft, '', '', deps), instant(deps.clock.now()));
      return { state, next };
    },
  );
  windowByIdRoutes(app, deps, auth, tags);
}

/** The window that a draft means; refused at its field where its time is over before it begins. */
function newWindow(draft: WindowDraft, id: string, by: string, { clock }: HttpDeps): MaintenanceWindow {
  const now = instant(clock.now());
  const window = windowOf(draft, { id, by, now: clock.now() });
  const problem = problemOfTimes(now, window.expires_at, now);
  const key = window.schedule.type === 'once' ? 'ends_at' : 'expires_at';
  if (problem !== null) throw invalid([{ path: [key], message: problem }], 'body');
  return window;
}

function windowByIdRoutes(app: Api, deps: HttpDeps, auth: Auth, tags: string[]): void {
  const ofFile = (window_id: string) =>
    deps.suppressions.set.content.windows.find(
      (window) => window.origin === 'file' && window.window_id === window_id,
    ) ?? null;
  app.get(
    '/api/v1/maintenance_windows/:window_id',
    { onRequest: auth.require('read'), schema: { tags, params: Params, ...answers(200, WindowAnswer) } },
    async (request) => {
      const { window_id } = request.params;
      const kept = await deps.store.suppressions.get('maintenance_window', window_id);
      const own = kept?.kind === 'maintenance_window' ? kept.doc : null;
      return windowAnswer(found(own ?? ofFile(window_id), `${WHAT} ${window_id}`), instant(deps.clock.now()));
    },
  );
  app.delete(
    '/api/v1/maintenance_windows/:window_id',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Ends a window now, for good; what it holds is decided again at once',
        params: Params,
        ...answers(200, WindowAnswer),
      },
    },
    async (request) => {
      const { window_id } = request.params;
      if (ofFile(window_id)) throw fromFile(WHAT, window_id);
      const by = principalOf(request).name;
      const kept = await endSuppression(deps, 'maintenance_window', window_id, by, WHAT);
      if (kept.kind !== 'maintenance_window') throw new FixpointError('not_found', `there is no ${WHAT} ${window_id}`);
      await audit(deps, { who: by, what: 'maintenance_window.end', target: window_id, details: {} });
      return windowAnswer(kept.doc, kept.doc.expires_at ?? instant(deps.clock.now()));
    },
  );
}
