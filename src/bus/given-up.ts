import type { Decision } from '../domain/decision/decision.js';

/** The decision on an alert that could not be decided: whoever asks for its fate is told where it is. */
export function givenUp(reason: string, decided_at: string): Decision {
  const explanation = `it stands among the dead letters: ${reason}`;
  return {
    action: 'drop',
    reason: 'filtered',
    rule_id: null,
    playbook_id: null,
    run_id: null,
    run_ids: [],
    until: null,
    by: 'dead_letter',
    explanation,
    decided_at,
  };
}
