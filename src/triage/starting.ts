import type { Alert } from '../domain/alert.js';
import type { CheckedPlaybook } from '../domain/playbook.js';
import type { Rule } from '../domain/rule.js';
import type { NewRunHeader } from '../domain/run.js';
import type { RunKey } from '../domain/store.js';
import type { Policy } from './deps.js';

/** A run that a batch starts; what joins it comes before it is opened. */
export interface Starting {
  readonly run_id: string;
  readonly rule: Rule;
  readonly key: RunKey;
  readonly alert: Alert;
  readonly joined: Alert[];
}

/** What the run begins with. */
export function headerOf(
  { run_id, rule, key, alert }: Starting,
  playbook: CheckedPlaybook,
  policy: Policy,
): NewRunHeader {
  return {
    run_id,
    playbook_id: rule.playbook_id,
    playbook_version: playbook.version,
    playbook_name: playbook.playbook.name ?? rule.playbook_id,
    rule_id: rule.rule_id,
    service_name: key.service_name,
    group_key: key.group_key,
    mode: policy.modeOf(rule.playbook_id) ?? 'shadow',
    dry_run: false,
    requested_by: `rule:${rule.rule_id}`,
    parent_run_id: null,
    depth: 0,
    alert,
  };
}
