import type { Alert } from '../domain/alert/alert.js';
import type { Mode } from '../domain/rule/mode.js';
import type { CheckedPlaybook } from '../domain/playbook/playbook.js';
import type { Rule } from '../domain/rule/rule.js';
import type { NewRunHeader } from '../domain/run/run.js';
import type { RunKey } from '../domain/triage-store.js';

/** A run that a batch starts; what joins it comes before it is opened. */
export interface Starting {
  readonly run_id: string;
  readonly rule: Rule;
  readonly key: RunKey;
  readonly alert: Alert;
  readonly joined: Alert[];
  readonly mode: Mode;
  /** What made the mode stricter than the playbook's; null where nothing did. */
  readonly mode_by: string | null;
  /** When it begins; null for at once. */
  readonly begin_at: string | null;
}

/** What the run begins with. */
export function headerOf(
  { run_id, rule, key, alert, mode, mode_by, begin_at }: Starting,
  playbook: CheckedPlaybook,
): NewRunHeader {
  return {
    run_id,
    playbook_id: rule.playbook_id,
    playbook_version: playbook.version,
    playbook_name: playbook.playbook.name ?? rule.playbook_id,
    rule_id: rule.rule_id,
    service_name: key.service_name,
    group_key: key.group_key,
    mode,
    ...(mode_by === null ? {} : { mode_by }),
    ...(begin_at === null ? {} : { begin_at }),
    dry_run: false,
    requested_by: `rule:${rule.rule_id}`,
    parent_run_id: null,
    depth: 0,
    alert,
  };
}
