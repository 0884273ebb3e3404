import type { Settings } from '../config.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import { FixpointError } from '../domain/errors.js';
import type { Ids } from '../domain/id.js';
import type { Log } from '../domain/log.js';
import type { EndStorms, StoredStorm, StormEnd, StormStore, StormTold } from '../domain/decision/storm.js';
import { OVERALL, stormEndedBy } from '../domain/decision/storm.js';
import type { Notifiers } from '../notifier/registry.js';
import { stormNotice } from '../report/storm-notice.js';

/** How often a storm is looked at again because its watch has changed it meanwhile, which it does once a second at most. */
const MAX_TURNS = 10;

interface StormDeskDeps {
  readonly store: { readonly storm: StormStore };
  readonly notifiers: Pick<Notifiers, 'default_names'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

/**
 * Ends storms that people say to be over: what it answers refuses with `conflict` where there is none. All processes hear of it within two
 * seconds; who hears of storms is told, and the audit has it, in the same transaction.
 */
export function createStormDesk({ storm: settings, language }: Settings, deps: StormDeskDeps): EndStorms {
  const { store, clock, ids, log } = deps;
  const channels = settings.notify ?? null;
  const hears = (channels ?? deps.notifiers.default_names).length > 0;
  const { per_service, starts_per_minute, alerts_per_minute } = settings;
  const limitOf = (scope: string) => (scope === OVERALL ? { starts_per_minute, alerts_per_minute } : per_service);

  async function told({ storm, before }: Ending, ended: StormEnd, now: string): Promise<StormTold> {
    const { scope, since, rates } = storm;
    const summary = await store.storm.summary(scope, since, now);
    const notice = hears ? stormNotice({ storm, before, limit: limitOf(scope), summary }, language) : null;
    return {
      notice: notice && { ...notice, channels, notice_id: `notice:${ids.next()}`, created_at: now },
      audit: {
        audit_id: ids.next(),
        at: now,
        who: ended.by,
        what: 'storm.end',
        target: scope === OVERALL ? null : scope,
        details: { before, since, reason: ended.reason, kept_off_until: ended.until, ...rates },
      },
    };
  }

  /** False when somebody else changed it meanwhile. */
  async function end({ storm, version }: StoredStorm, ended: StormEnd, now: string): Promise<boolean> {
    const next = stormEndedBy(storm, ended, now);
    const moved = await store.storm.move(next, version, await told({ storm: next, before: storm.level }, ended, now));
    if (moved === 'conflict') return false;
    log.warn(
      { service_name: storm.scope, before: storm.level, by: ended.by, until: ended.until },
      'storm ended by hand',
    );
    return true;
  }

  return async ({ scope, by, reason, for_ms }) => {
    const now = instant(clock.now());
    const ended = { by, reason, until: instant(clock.now() + for_ms) };
    for (let turn = 0, count = 0; turn < MAX_TURNS; turn++) {
      const { storms } = await store.storm.tally([], now);
      const left = storms.filter(({ storm }) => storm.level > 0 && (scope === undefined || storm.scope === scope));
      if (left.length === 0) {
        if (count === 0) throw new FixpointError('conflict', `there is no storm${whereOf(scope)} now`);
        return;
      }
      for (const stored of left) if (await end(stored, ended, now)) count += 1;
    }
    throw new FixpointError('conflict', 'the storm changed again and again while it was ended; try again');
  };
}

interface Ending {
  readonly storm: StoredStorm['storm'];
  readonly before: StoredStorm['storm']['level'];
}

function whereOf(scope: string | undefined): string {
  if (scope === undefined) return '';
  return scope === OVERALL ? ' of all services together' : ` of ${scope}`;
}
