import type { Settings } from './config.js';
import { durationMs } from './domain/duration.js';
import type { RetentionLimit, RetentionPolicy } from './domain/retention.js';

/** What the settings say is kept; 0 stands for no limit. */
export function retentionOf({ retention }: Settings): RetentionPolicy {
  const limit = (age: Settings['retention']['alerts'], count: number): RetentionLimit => {
    const max_age_ms = typeof age === 'number' || age === '0' ? 0 : durationMs(age);
    return { max_age_ms: max_age_ms === 0 ? null : max_age_ms, max_count: count === 0 ? null : count };
  };
  return {
    alerts: limit(retention.alerts, retention.max_alerts),
    runs: limit(retention.runs, retention.max_runs),
    dead_letters: limit(retention.dead_letters, retention.max_dead_letters),
    audit: limit(retention.audit, retention.max_audit),
  };
}
