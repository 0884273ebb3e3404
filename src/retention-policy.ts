import type { Settings } from './config.js';
import { durationMs } from './domain/duration.js';
import type { RetentionLimit, RetentionPolicy } from './domain/retention.js';

/** What the settings say is kept; 0 stands for no limit. */
export function retentionOf({ retention, payloads }: Pick<Settings, 'retention' | 'payloads'>): RetentionPolicy {
  return {
    alerts: limit(retention.alerts, retention.max_alerts),
    runs: limit(retention.runs, retention.max_runs),
    dead_letters: limit(retention.dead_letters, retention.max_dead_letters),
    audit: limit(retention.audit, retention.max_audit),
    payloads: { max_age_ms: ageMs(payloads.max_age), max_bytes: payloads.max_bytes === 0 ? null : payloads.max_bytes },
  };
}

type Age = Settings['retention']['alerts'];

function limit(age: Age, count: number): RetentionLimit {
  return { max_age_ms: ageMs(age), max_count: count === 0 ? null : count };
}

function ageMs(age: Age): number | null {
  const ms = typeof age === 'number' || age === '0' ? 0 : durationMs(age);
  return ms === 0 ? null : ms;
}
