import { EndStorm, StormNow } from '../domain/api/system.js';
import { instant } from '../domain/clock.js';
import { durationMs } from '../domain/duration.js';
import { OVERALL } from '../domain/decision/storm.js';
import type { Storm } from '../domain/decision/storm.js';
import { principalOf } from './auth.js';
import type { Auth } from './auth.js';
import type { HttpDeps } from './deps.js';
import { answers } from './route.js';
import type { Api } from './route.js';

const MAX_STORMS = 200;
const END = 'Ends storms by hand: runs start as usual again, and for a while no such storm begins, however much comes';

/** The storms that there are, and their end by hand. */
export function stormRoutes(app: Api, deps: HttpDeps, auth: Auth): void {
  const tags = ['system'];
  const now = async (): Promise<StormNow> => stormNow(await deps.store.storm.current(instant(deps.clock.now())));

  app.get(
    '/api/v1/storms',
    {
      onRequest: auth.require('read'),
      schema: { tags, summary: 'The storms that there are now', ...answers(200, StormNow) },
    },
    now,
  );
  app.post(
    '/api/v1/storms/end',
    {
      onRequest: auth.require('operate'),
      schema: { tags, summary: END, body: EndStorm, ...answers(200, StormNow) },
    },
    async (request) => {
      const { service_name, reason, for: length } = request.body;
      const scope = service_name === undefined ? {} : { scope: service_name ?? OVERALL };
      await deps.endStorms({ ...scope, by: principalOf(request).name, reason, for_ms: durationMs(length) });
      return now();
    },
  );
}

/** Storms as they are answered. */
export function stormNow(all: readonly Storm[]): StormNow {
  const storms = all.filter(({ level }) => level > 0);
  const name = (scope: string): string | null => (scope === OVERALL ? null : scope);
  return {
    level: storms.reduce((highest, { level }) => Math.max(highest, level), 0),
    storms: storms.slice(0, MAX_STORMS).map(({ scope, level, peak, since, changed_at, rates, calm_since }) => {
      return { service_name: name(scope), level, peak, since, changed_at, rates, calm_since };
    }),
    kept_off: all
      .flatMap(({ scope, level, ended }) => (level > 0 || !ended ? [] : [{ service_name: name(scope), ...ended }]))
      .slice(0, MAX_STORMS),
  };
}
