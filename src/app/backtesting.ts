import type { Settings } from '../config.js';
import type { BacktestRequest, BacktestResult } from '../domain/api/backtest.js';
import type { Catalog, CatalogContent } from '../domain/catalog.js';
import { instant } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { durationMs } from '../domain/duration.js';
import { FixpointError } from '../domain/errors.js';
import type { StoredAlert } from '../domain/decision/alert-view.js';
import type { Store } from '../domain/store.js';
import { NO_FILE_SUPPRESSIONS } from '../domain/suppression/suppression.js';
import type { SuppressionContent } from '../domain/suppression/suppression-set.js';
import { limitTime } from '../domain/time-limit.js';

interface BacktestDeps {
  readonly settings: Settings;
  readonly store: Pick<Store, 'alerts' | 'runView' | 'suppressions'>;
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** What is in force now; of what another system holds nothing else is known. */
  readonly inForce: () => SuppressionContent;
}

const PAGE = 200;
/** A backtest that takes longer asks for too much. It gives way to everything else all the time. */
const LONGEST_MS = 240_000;

/** Replays what is stored through other rules and playbooks, or those in force; one at a time in a process. */
export function createBacktests({ settings, store, catalog, clock, inForce }: BacktestDeps) {
  let isBusy = false;
  async function replay(request: BacktestRequest, since: string, signal: AbortSignal): Promise<BacktestResult> {
    // Loaded at the first use: a service that is never asked for a backtest does not carry it.
    const { backtest } = await import('../rehearsal/backtest/backtest.js');
    const { rehearsalParts } = await import('./rehearsal-parts.js');
    const { checkTexts } = await import('../catalog/check-texts.js');
    const parts = rehearsalParts(clock);
    const content = request.files ? given(checkTexts(request.files, parts.specs)) : catalog.content();
    const { alerts, truncated } = await storedAlerts(store, since, request.max_alerts, signal);
    return backtest({
      parts,
      alerts,
      truncated,
      since,
      until: instant(clock.now()),
      playbooks: content.playbooks,
      rules: content.rules,
      suppressions: await suppressionsOf(content, store, since, inForce()),
      limits: limitsOf(settings),
      max_runs_per_occurrence: settings.max_runs_per_occurrence,
      recorded: (run_id) => store.runView.get(run_id),
      signal,
    });
  }
  return async (request: BacktestRequest, since: string): Promise<BacktestResult> => {
    if (isBusy) throw new FixpointError('conflict', 'a backtest is under way; one at a time');
    isBusy = true;
    const limit = limitTime(new AbortController().signal, LONGEST_MS, clock);
    try {
      return await replay(request, since, limit.signal);
    } finally {
      limit.end();
      isBusy = false;
    }
  };
}

/** Files that are wrong are refused with every place at once: what would run is not certain. */
function given(content: CatalogContent): CatalogContent {
  if (content.problems.length === 0) return content;
  const details = content.problems
    .slice(0, 100)
    .map(({ file, line, column, message }) => ({ path: `${file}:${line}:${column}`, message }));
  throw new FixpointError('invalid', 'the given files are wrong', { details });
}

/** The newest alerts since an instant, as they were received. */
async function storedAlerts(
  store: Pick<Store, 'alerts'>,
  since: string,
  most: number,
  signal: AbortSignal,
): Promise<{ alerts: StoredAlert[]; truncated: boolean }> {
  const alerts: StoredAlert[] = [];
  let cursor: string | null = null;
  do {
    if (signal.aborted) throw new FixpointError('unavailable', 'the stored alerts could not be read in time');
    const page = await store.alerts.list({ since }, { limit: Math.min(PAGE, most - alerts.length), cursor });
    alerts.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && alerts.length < most);
  alerts.sort((a, b) => compare(a.received_at, b.received_at) || compare(a.alert_id, b.alert_id));
  return { alerts, truncated: cursor !== null };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What stands in the files, what people had created by API in that time, and the silences of Alertmanager. */
async function suppressionsOf(
  { suppressions }: CatalogContent,
  store: Pick<Store, 'suppressions'>,
  since: string,
  present: SuppressionContent,
): Promise<SuppressionContent> {
  const file = suppressions ?? NO_FILE_SUPPRESSIONS;
  const kept = await store.suppressions.inForce(since);
  const foreign = present.silences.filter(({ origin }) => origin === 'alertmanager');
  return {
    silences: [...kept.flatMap(({ kind, doc }) => (kind === 'silence' ? [doc] : [])), ...foreign],
    windows: [...kept.flatMap(({ kind, doc }) => (kind === 'maintenance_window' ? [doc] : [])), ...file.windows],
    inhibit_rules: [...kept.flatMap(({ kind, doc }) => (kind === 'inhibit_rule' ? [doc] : [])), ...file.inhibit_rules],
  };
}

function limitsOf({ storm, flapping, group_by, group_wait, group_interval }: Settings) {
  const { starts_per_minute, alerts_per_minute, per_service, notify_only_at, calm } = storm;
  const limits = [starts_per_minute, alerts_per_minute, per_service.starts_per_minute, per_service.alerts_per_minute];
  return {
    grouping: { by: group_by ?? null, wait_ms: durationMs(group_wait), interval_ms: durationMs(group_interval) },
    storm: limits.every((limit) => limit === 0)
      ? null
      : { overall: { starts_per_minute, alerts_per_minute }, per_service, notify_only_at, calm_ms: durationMs(calm) },
    flapping:
      flapping.changes === 0
        ? null
        : { changes: flapping.changes, within_ms: durationMs(flapping.within), quiet_ms: durationMs(flapping.quiet) },
  };
}
