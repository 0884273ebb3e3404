import { z } from 'zod';
import { pageOfArray, pageRequest } from '../domain/api/page.js';
import {
  problemOfTimes,
  SilenceAnswer,
  silenceAnswer,
  SilenceDraft,
  SilenceList,
  silenceOf,
  SilencePreview,
  SilencePreviewRequest,
  SilenceQuery,
} from '../domain/api/suppression.js';
import type { Alert } from '../domain/alert/alert.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { Silence } from '../domain/suppression/suppression.js';
import { silenceState } from '../domain/suppression/suppression.js';
import { matchingAlerts } from '../domain/suppression/suppression-set.js';
import { audit } from './audit.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { invalid } from './refusal.js';
import { answers, found, PathId } from './route.js';
import type { Api } from './route.js';
import { addSuppression, endSuppression } from './suppressions.js';

const Params = z.object({ silence_id: PathId });
/** How many alerts that fire a preview looks at, and how many it shows. */
const MAX_LOOKED_AT = 20_000;
const MAX_SHOWN = 200;
const PAGE = 500;

/** What people silence. A silence is never edited: it is ended, and another one takes its place. */
export function silenceRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const tags = ['silences'];
  app.get(
    '/api/v1/silences',
    {
      onRequest: auth.require('read'),
      schema: { tags, summary: 'Silences, the newest first', querystring: SilenceQuery, ...answers(200, SilenceList) },
    },
    async (request) => {
      const { origin, state } = request.query;
      const now = instant(deps.clock.now());
      const page = pageRequest(request.query);
      if (origin === 'alertmanager') return foreign(deps, state ?? null, page, now);
      const { items, next_cursor } = await deps.store.suppressions.list('silence', state ? { state } : {}, page, now);
      return {
        items: items.flatMap((kept) => (kept.kind === 'silence' ? [silenceAnswer(kept.doc, now)] : [])),
        next_cursor,
      };
    },
  );
  app.post(
    '/api/v1/silences',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary:
          'Makes a silence; with silence_id it takes that one’s place. A body of Alertmanager’s own API is taken too',
        body: SilenceDraft,
        ...answers(201, SilenceAnswer),
      },
    },
    async (request, reply) => {
      const by = principalOf(request).name;
      const silence = silenceOf(request.body, { id: deps.ids.next(), by, now: deps.clock.now() });
      const problem = problemOfTimes(silence.starts_at, silence.ends_at, silence.created_at);
      if (problem !== null) throw invalid([{ path: ['ends_at'], message: problem }], 'body');
      await addSuppression(deps, { kind: 'silence', doc: silence }, silence.replaces);
      const { silence_id, matchers, starts_at, ends_at, comment, replaces } = silence;
      const details = { matchers, starts_at, ends_at, comment, replaces };
      await audit(deps, { who: by, what: 'silence.create', target: silence_id, details });
      return reply
        .code(201)
        .header('location', `/api/v1/silences/${silence_id}`)
        .send(silenceAnswer(silence, silence.created_at));
    },
  );
  app.post(
    '/api/v1/silences/preview',
    {
      onRequest: auth.require('read'),
      schema: {
        tags,
        summary: 'The alerts that fire now and that a silence with these matchers would hold; nothing is made',
        body: SilencePreviewRequest,
        ...answers(200, SilencePreview),
      },
    },
    (request) => preview(request.body.matchers, deps),
  );
  silenceByIdRoutes(app, deps, auth, tags);
}

function silenceByIdRoutes(app: Api, deps: HttpDeps, auth: Auth, tags: string[]): void {
  app.get(
    '/api/v1/silences/:silence_id',
    { onRequest: auth.require('read'), schema: { tags, params: Params, ...answers(200, SilenceAnswer) } },
    async (request) => {
      const { silence_id } = request.params;
      const kept = await deps.store.suppressions.get('silence', silence_id);
      const own = kept?.kind === 'silence' ? kept.doc : null;
      const now = instant(deps.clock.now());
      return silenceAnswer(found(own ?? foreignOf(deps, silence_id), `silence ${silence_id}`), now);
    },
  );
  app.delete(
    '/api/v1/silences/:silence_id',
    {
      onRequest: auth.require('operate'),
      schema: {
        tags,
        summary: 'Ends a silence now; what it holds is decided again at once',
        params: Params,
        ...answers(200, SilenceAnswer),
      },
    },
    async (request) => {
      const { silence_id } = request.params;
      if (foreignOf(deps, silence_id))
        throw new FixpointError('conflict', `silence ${silence_id} is one of Alertmanager: it has to be ended there`);
      const by = principalOf(request).name;
      const kept = await endSuppression(deps, 'silence', silence_id, by, 'silence');
      if (kept.kind !== 'silence') throw new FixpointError('not_found', `there is no silence ${silence_id}`);
      await audit(deps, { who: by, what: 'silence.expire', target: silence_id, details: {} });
      return silenceAnswer(kept.doc, kept.doc.ends_at);
    },
  );
}

function foreign(deps: HttpDeps, state: string | null, page: Parameters<typeof pageOfArray>[1], now: string) {
  const all = deps.suppressions.set.content.silences.filter(
    (silence) => silence.origin === 'alertmanager' && (state === null || silenceState(silence, now) === state),
  );
  const newest = [...all].sort((a, b) => (a.starts_at < b.starts_at ? 1 : -1));
  const { items, next_cursor } = pageOfArray(newest, page);
  return { items: items.map((silence) => silenceAnswer(silence, now)), next_cursor };
}

function foreignOf(deps: HttpDeps, silence_id: string): Silence | null {
  const { silences } = deps.suppressions.set.content;
  return silences.find((silence) => silence.origin === 'alertmanager' && silence.silence_id === silence_id) ?? null;
}

async function preview(matchers: readonly string[], deps: HttpDeps): Promise<SilencePreview> {
  const matches = matchingAlerts(matchers);
  const items: Alert[] = [];
  let count = 0;
  let after: string | null = null;
  for (let looked = 0; looked < MAX_LOOKED_AT;) {
    const page: Awaited<ReturnType<typeof deps.store.holds.openAlerts>> = await deps.store.holds.openAlerts(
      after,
      PAGE,
    );
    for (const { alert } of page) {
      if (!matches(alert)) continue;
      count += 1;
      if (items.length < MAX_SHOWN) items.push(alert);
    }
    const last = page.at(-1);
    if (last === undefined) return { items, count, complete: true };
    looked += page.length;
    after = last.key;
  }
  return { items, count, complete: false };
}
