import { sleep } from '../domain/clock.js';
import type { Clock } from '../domain/clock.js';
import { evaluatePromql } from './promql-evaluate.js';
import type { SeriesSource } from './promql-evaluate.js';

/** An alerting rule as a rules file has it. `{{ $value }}` and `{{ $labels.x }}` are filled in. */
export interface AlertRule {
  readonly name: string;
  readonly query: string;
  readonly for_ms: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One condition that holds (or has just ceased to). Times are milliseconds since the epoch. */
export interface ActiveAlert {
  readonly rule: AlertRule;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number;
  readonly state: 'pending' | 'firing';
  readonly active_at: number;
  readonly fired_at: number | null;
  /** Set when it fired and does so no more. */
  readonly resolved_at: number | null;
}

/** The shop's own alerting rules. */
export const SHOP_RULES: readonly AlertRule[] = [
  {
    name: 'Service_Latency_Exceeded',
    query: 'service_latency_p99_ms > 500',
    for_ms: 1_000,
    labels: { severity: 'critical', team: 'payments' },
    annotations: {
      summary: 'p99 latency of {{ $labels.service }} is above 500 ms',
      description:
        'The slowest 1 % of the requests to {{ $labels.service }} take {{ $value }} ms or longer (threshold 500 ms).',
      value: '{{ $value }} ms',
      runbook_url: 'https://runbooks.example.com/service-latency',
    },
  },
  {
    name: 'High_CPU_Usage',
    query: 'service_cpu_usage_percent{service="order-service"} > 90',
    for_ms: 1_000,
    labels: { severity: 'critical', team: 'orders' },
    annotations: {
      summary: 'CPU of {{ $labels.service }} is above 90 %',
      description: 'The replicas of {{ $labels.service }} use {{ $value }} % of their CPU limit (threshold 90 %).',
      value: '{{ $value }} %',
    },
  },
  {
    name: 'Disk_Full',
    query: '100 * (1 - node_filesystem_avail_bytes / node_filesystem_size_bytes) > 85',
    for_ms: 1_000,
    labels: { severity: 'warning', team: 'platform' },
    annotations: {
      summary: 'The disk of {{ $labels.instance }} is almost full',
      description: '{{ $labels.mountpoint }} on {{ $labels.instance }} is {{ $value }} % full (threshold 85 %).',
      value: '{{ $value }} %',
    },
  },
  {
    name: 'DB_Connection_Error',
    query: 'sum by (job, namespace, service, database) (increase(db_connection_errors_total[1m])) > 5',
    for_ms: 1_000,
    labels: { severity: 'critical', team: 'inventory' },
    annotations: {
      summary: '{{ $labels.service }} cannot connect to {{ $labels.database }}',
      description:
        '{{ $labels.database }} refused {{ $value }} connections of {{ $labels.service }} within one minute (threshold 5).',
      value: '{{ $value }}',
    },
  },
];

const INTERVAL_MS = 250;

/** Evaluates alerting rules as Prometheus does: pending until the condition has held for the rule's time, then firing, then resolved. */
export class RuleEvaluator {
  readonly rules: readonly AlertRule[];
  readonly #source: SeriesSource;
  readonly #clock: Clock;
  readonly #active = new Map<string, ActiveAlert>();
  readonly #listeners = new Set<(alerts: readonly ActiveAlert[]) => void>();
  #stop: AbortController | null = null;

  constructor(options: { readonly rules: readonly AlertRule[]; readonly source: SeriesSource; readonly clock: Clock }) {
    this.rules = options.rules;
    this.#source = options.source;
    this.#clock = options.clock;
  }

  /** The alerts that are pending or firing now. */
  active(): readonly ActiveAlert[] {
    return [...this.#active.values()];
  }

  /** Calls `listener` after each evaluation with what fires and what resolved in it. The answer ends it. */
  onEvaluated(listener: (alerts: readonly ActiveAlert[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#stop) return;
    const stop = new AbortController();
    this.#stop = stop;
    // Ends by itself when stopped; `evaluate` throws only when a rule of ours is wrong, which the tests would show.
    void this.#loop(stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  /** Looks at every rule once, now. */
  evaluate(): void {
    const now = this.#source.now();
    const reported: ActiveAlert[] = [];
    for (const rule of this.rules) reported.push(...this.#evaluateRule(rule, now));
    for (const listener of this.#listeners) listener(reported);
  }

  async #loop(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.evaluate();
      await sleep(this.#clock, INTERVAL_MS, signal);
    }
  }

  #evaluateRule(rule: AlertRule, now: number): ActiveAlert[] {
    const result = evaluatePromql(rule.query, now, this.#source);
    const samples = result.type === 'vector' ? result.samples : [];
    const seen = new Set<string>();
    for (const sample of samples) {
      const { __name__: _, ...metric } = sample.labels;
      const labels = { ...metric, ...rule.labels, alertname: rule.name };
      const key = keyOf(labels);
      seen.add(key);
      const before = this.#active.get(key);
      const active_at = before?.active_at ?? now;
      const fires = now - active_at >= rule.for_ms;
      const annotations = fill(rule.annotations, sample.value, labels);
      const fired_at = fires ? (before?.fired_at ?? now) : null;
      this.#active.set(key, {
        rule,
        labels,
        annotations,
        value: sample.value,
        state: fires ? 'firing' : 'pending',
        active_at,
        fired_at,
        resolved_at: null,
      });
    }
    return this.#settle(rule, seen, now);
  }

  #settle(rule: AlertRule, seen: ReadonlySet<string>, now: number): ActiveAlert[] {
    const reported: ActiveAlert[] = [];
    for (const [key, alert] of this.#active) {
      if (alert.rule !== rule) continue;
      if (!seen.has(key)) this.#active.delete(key);
      if (alert.state === 'firing') reported.push(seen.has(key) ? alert : { ...alert, resolved_at: now });
    }
    return reported;
  }
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Figures are rounded as `printf "%.0f"` does above ten, and to two places below. */
function fill(
  texts: Readonly<Record<string, string>>,
  value: number,
  labels: Readonly<Record<string, string>>,
): Record<string, string> {
  const figure = Math.abs(value) >= 10 ? value.toFixed(0) : String(Number(value.toFixed(2)));
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      text.replace(/\{\{ \$(value|labels\.(\w+)) \}\}/g, (_, what: string, label: string | undefined) =>
        what === 'value' ? figure : (labels[label ?? ''] ?? ''),
      ),
    ]),
  );
}
