import type { Alert } from '../../src/domain/alert/alert.js';
import type { Decision } from '../../src/domain/decision/decision.js';
import { createConnections } from '../../src/domain/incident/incident-connections.js';
import type { Dependencies } from '../../src/domain/incident/incident-connections.js';
import { IncidentsConfig } from '../../src/domain/incident/incident-rules.js';
import type { IncidentNews, IncidentRules } from '../../src/domain/incident/incident-rules.js';
import type { Occurrence } from '../../src/domain/triage-store.js';
import type { Store } from '../../src/domain/store.js';
import { aBatch, aDecision, aFreshAlert, anOccurrence } from './store-world.js';

/** Rules as a configuration would make them; what is told ends up in `told`. */
export function incidentRules(
  given: Parameters<typeof IncidentsConfig.parse>[0] = {},
  calls: Dependencies = {},
  told: IncidentNews[] | null = null,
): IncidentRules {
  const config = IncidentsConfig.parse(given);
  return {
    config,
    connected: createConnections(calls, config.depth),
    compose:
      told === null
        ? null
        : (news) => {
            told.push(...news);
            return { subject: `${news.length} news`, text: '', severity: 'info', channels: ['webhook'] };
          },
  };
}

/** Writes down what triage would have decided about alerts, and remembers the versions of their occurrences. */
export class Fates {
  readonly #store: Store;
  readonly #known = new Map<string, Occurrence>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** A new occurrence, decided like this. */
  async fires(over: Partial<Alert> = {}, decision: Partial<Decision> = {}): Promise<Alert> {
    const alert = aFreshAlert({ source_system: 'test', ...over });
    const run_id = decision.run_id ?? null;
    const run = run_id === null ? {} : { run_id, run_ids: [run_id], runs_used: 1 };
    await this.#commit(alert, anOccurrence({ ...alert, occurrence_id: alert.occurrence_id }, run), decision);
    return alert;
  }

  /** The same occurrence says something else. */
  async says(first: Alert, over: Partial<Alert>, decision: Partial<Decision> = {}): Promise<Alert> {
    const { alert_id } = aFreshAlert();
    const alert = { ...first, alert_id, ...over };
    const before = this.#of(first);
    await this.#commit(alert, { ...before, content_alert_id: alert_id, content_hash: alert_id }, decision);
    return alert;
  }

  /** The occurrence is decided again, with no word of its source. */
  async isDecided(alert: Alert, decision: Partial<Decision>): Promise<void> {
    await this.#commit(alert, this.#of(alert), decision);
  }

  async resolves(first: Alert, at = new Date().toISOString()): Promise<Alert> {
    const { alert_id } = aFreshAlert();
    const alert: Alert = { ...first, alert_id, status: 'resolved', ends_at: at };
    await this.#commit(alert, { ...this.#of(first), open: false, resolved_at: at }, { reason: 'resolved' });
    return alert;
  }

  #of(alert: Alert): Occurrence {
    const known = this.#known.get(keyOf(alert));
    if (!known) throw new Error(`no occurrence of ${alert.alert_id}`);
    return known;
  }

  async #commit(alert: Alert, occurrence: Occurrence, decision: Partial<Decision>): Promise<void> {
    const before = this.#known.get(occurrence.key);
    const answer = await this.#store.triage.commit(
      aBatch({
        alerts: [{ alert, decision: aDecision(decision) }],
        occurrences: [{ occurrence, expected: before?.version ?? 0 }],
      }),
    );
    if (answer !== 'committed') throw new Error(`alert ${alert.alert_id} met a conflict`);
    const [now] = await this.#store.triage.occurrences([occurrence.key]);
    if (now) this.#known.set(occurrence.key, now);
  }
}

function keyOf(alert: Alert): string {
  return `${alert.source_system} ${alert.occurrence_id}`;
}
