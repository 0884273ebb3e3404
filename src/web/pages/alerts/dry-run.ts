import type { AlertAnswer } from '../../../domain/api/alert.js';
import type { PlaybookItem } from '../../../domain/api/playbook.js';

/** What a list of playbooks to choose from shows. */
export type PlaybookListed = Pick<PlaybookItem, 'playbook_id' | 'name'>;

/** The playbook that most probably is meant: of the decision, else of the first rule that matches; '' where that is none. */
export function likelyPlaybook(alert: AlertAnswer, playbooks: readonly PlaybookListed[]): string {
  const wanted = [
    alert.decision?.playbook_id,
    ...(alert.evaluation?.items ?? []).filter(({ matched }) => matched).map(({ playbook_id }) => playbook_id),
    playbooks.length === 1 ? playbooks[0]?.playbook_id : undefined,
  ];
  return wanted.find((id) => playbooks.some(({ playbook_id }) => playbook_id === id)) ?? '';
}

/** The alert without what was said about it: it may hold a thousand rules. */
export function draftOf(
  alert: AlertAnswer,
): Omit<AlertAnswer, 'evaluation' | 'decision' | 'decisions' | 'incident_id'> {
  const {
    evaluation: _evaluation,
    decision: _decision,
    decisions: _decisions,
    incident_id: _incident,
    ...draft
  } = alert;
  return draft;
}
