import { request } from 'undici';
import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import { labelsFingerprint } from '../domain/alert/label.js';
import { limitTime } from '../domain/time-limit.js';
import type { ActiveAlert, RuleEvaluator } from './alert-rules.js';

/** Where alerts are sent, and how patiently. */
export interface AlertmanagerOptions {
  readonly rules: RuleEvaluator;
  readonly clock: Clock;
  /** The receiver's address, and the token that it expects. */
  readonly url: string;
  readonly token: string;
  /** What `generatorURL` and `externalURL` point to. */
  readonly prometheus_url: string;
  readonly group_wait_ms?: number;
  readonly group_interval_ms?: number;
  readonly repeat_interval_ms?: number;
  /** Called after every notification that the receiver took, and for each that was given up. */
  readonly onSent?: (sent: SentNotification) => void;
}

/** How one notification went. */
export interface SentNotification {
  readonly status: 'firing' | 'resolved';
  readonly alerts: readonly ActiveAlert[];
  /** The receiver's answer, or null when there was none. */
  readonly http_status: number | null;
  /** Null when the receiver took it. */
  readonly error: string | null;
  readonly attempts: number;
}

interface Group {
  readonly labels: Readonly<Record<string, string>>;
  readonly alerts: Map<string, ActiveAlert>;
  /** What was last taken by the receiver, and when; null before the first time. */
  notified: { readonly content: string; readonly at: number } | null;
  next_flush_at: number;
}

const GROUP_BY = ['alertname', 'service', 'instance'] as const;
const RECEIVER = 'fixpoint';
const TIMEOUT_MS = 10_000;
const FIRST_BACKOFF_MS = 250;
/** Year 1 is Go's word for no time: it has not ended. */
const NO_END = '0001-01-01T00:00:00Z';

/**
 * Groups the alerts of a rule evaluator and sends them as Alertmanager's webhook (version 4) does: when a group begins, changes, repeats
 * or resolves; 5xx and broken connections are retried with growing gaps until the next flush is due, 4xx are not.
 */
export class AlertmanagerSender {
  readonly #options: Required<Omit<AlertmanagerOptions, 'onSent'>> & Pick<AlertmanagerOptions, 'onSent'>;
  readonly #groups = new Map<string, Group>();
  #unsubscribe: (() => void) | null = null;
  #stopping: AbortController | null = null;
  #loop: Promise<void> | null = null;
  #wake: (() => void) | null = null;

  constructor(options: AlertmanagerOptions) {
    this.#options = { group_wait_ms: 200, group_interval_ms: 1_000, repeat_interval_ms: 60_000, ...options };
  }

  start(): void {
    if (this.#stopping) return;
    this.#stopping = new AbortController();
    this.#unsubscribe = this.#options.rules.onEvaluated((alerts) => {
      this.#take(alerts);
    });
    this.#loop = this.#run(this.#stopping.signal);
  }

  /** Stops sending; a request under way is cut. May be called twice, or before start. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#stopping?.abort();
    this.#wake?.();
    await this.#loop;
    this.#stopping = null;
    this.#loop = null;
  }

  #take(alerts: readonly ActiveAlert[]): void {
    for (const alert of alerts) {
      const labels = Object.fromEntries(
        GROUP_BY.flatMap((name) => (alert.labels[name] === undefined ? [] : [[name, alert.labels[name]]])),
      );
      const key = JSON.stringify(labels);
      const known = this.#groups.get(key);
      // An alert that resolved before anybody was told of it is not worth a message.
      if (!known && alert.resolved_at !== null) continue;
      const group = known ?? {
        labels,
        alerts: new Map(),
        notified: null,
        next_flush_at: this.#options.clock.now() + this.#options.group_wait_ms,
      };
      group.alerts.set(labelsFingerprint(alert.labels), alert);
      this.#groups.set(key, group);
    }
    this.#wake?.();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = this.#options.clock.now();
      for (const [key, group] of this.#groups) {
        if (group.next_flush_at <= now) await this.#flush(key, group, signal);
      }
      await this.#rest(signal);
    }
  }

  /** Waits until the next flush is due, or until alerts arrive. */
  async #rest(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const next = Math.min(...[...this.#groups.values()].map((group) => group.next_flush_at), clock.now() + 1_000);
    const woken = new AbortController();
    this.#wake = () => {
      woken.abort();
    };
    await sleep(clock, Math.max(1, next - clock.now()), AbortSignal.any([signal, woken.signal]));
    this.#wake = null;
  }

  async #flush(key: string, group: Group, signal: AbortSignal): Promise<void> {
    const { clock, group_interval_ms, repeat_interval_ms } = this.#options;
    const started = clock.now();
    group.next_flush_at = started + group_interval_ms;
    const alerts = [...group.alerts.values()];
    const content = JSON.stringify(
      alerts.map((alert) => [labelsFingerprint(alert.labels), alert.resolved_at !== null]).sort(),
    );
    const repeats = group.notified !== null && started - group.notified.at >= repeat_interval_ms;
    if (group.notified?.content === content && !repeats) return;
    const sent = await this.#deliver(group, alerts, signal);
    if (signal.aborted) return;
    this.#options.onSent?.(sent);
    if (sent.error !== null) return;
    group.notified = { content, at: started };
    for (const alert of alerts) {
      const fingerprint = labelsFingerprint(alert.labels);
      // Unless it began to fire again meanwhile.
      if (alert.resolved_at !== null && group.alerts.get(fingerprint) === alert) group.alerts.delete(fingerprint);
    }
    if (group.alerts.size === 0) this.#groups.delete(key);
  }

  async #deliver(group: Group, alerts: readonly ActiveAlert[], signal: AbortSignal): Promise<SentNotification> {
    const { clock, group_interval_ms } = this.#options;
    const body = JSON.stringify(webhookBody(group.labels, alerts, this.#options.prometheus_url));
    const status = alerts.some((alert) => alert.resolved_at === null) ? 'firing' : 'resolved';
    const deadline = clock.now() + Math.max(group_interval_ms, TIMEOUT_MS);
    for (let attempts = 1, backoff_ms = FIRST_BACKOFF_MS; ; attempts++, backoff_ms *= 1.5) {
      const { http_status, error } = await this.#post(body, signal);
      const isFinal = error === null || (http_status !== null && http_status < 500) || signal.aborted;
      if (isFinal || clock.now() + backoff_ms > deadline) return { status, alerts, http_status, error, attempts };
      await sleep(clock, backoff_ms, signal);
    }
  }

  async #post(body: string, signal: AbortSignal): Promise<{ http_status: number | null; error: string | null }> {
    const limit = limitTime(signal, TIMEOUT_MS, this.#options.clock);
    try {
      const response = await request(this.#options.url, {
        method: 'POST',
        headers: {
          'user-agent': 'Alertmanager/0.25.0',
          'content-type': 'application/json',
          authorization: `Bearer ${this.#options.token}`,
        },
        body,
        signal: limit.signal,
      });
      await response.body.dump();
      const http_status = response.statusCode;
      return {
        http_status,
        error: http_status >= 200 && http_status < 300 ? null : `unexpected status code ${http_status}`,
      };
    } catch (error) {
      return { http_status: null, error: messageOf(error) };
    } finally {
      limit.end();
    }
  }
}

/** The body that Alertmanager would post for a group of alerts. */
export function webhookBody(
  group: Readonly<Record<string, string>>,
  alerts: readonly ActiveAlert[],
  prometheus_url: string,
): Record<string, unknown> {
  const firing = alerts.filter((alert) => alert.resolved_at === null);
  const key = Object.entries(group).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const sorted = [...firing, ...alerts.filter((alert) => alert.resolved_at !== null)];
  return {
    receiver: RECEIVER,
    status: firing.length > 0 ? 'firing' : 'resolved',
    alerts: sorted.map((alert) => alertJson(alert, prometheus_url)),
    groupLabels: group,
    commonLabels: common(sorted.map((alert) => alert.labels)),
    commonAnnotations: common(sorted.map((alert) => alert.annotations)),
    externalURL: prometheus_url,
    version: '4',
    groupKey: `{}:{${key.join(', ')}}`,
    truncatedAlerts: 0,
  };
}

function alertJson(alert: ActiveAlert, prometheus_url: string): Record<string, unknown> {
  const expression = new URLSearchParams({ 'g0.expr': alert.rule.query, 'g0.tab': '1' });
  return {
    status: alert.resolved_at === null ? 'firing' : 'resolved',
    labels: sortedMap(alert.labels),
    annotations: sortedMap(alert.annotations),
    startsAt: new Date(alert.fired_at ?? alert.active_at).toISOString(),
    endsAt: alert.resolved_at === null ? NO_END : new Date(alert.resolved_at).toISOString(),
    generatorURL: `${prometheus_url}/graph?${expression.toString()}`,
    fingerprint: labelsFingerprint(alert.labels),
  };
}

function common(maps: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first = {}, ...others] = maps;
  return sortedMap(
    Object.fromEntries(Object.entries(first).filter(([name, value]) => others.every((other) => other[name] === value))),
  );
}

function sortedMap(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
