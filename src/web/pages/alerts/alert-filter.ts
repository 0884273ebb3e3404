import type { AlertAnswer } from '../../../domain/api/alert.js';
import type { Query } from '../../api/client.js';
import { oneOf, text, texts } from '../../kit/url-params.js';

/** The words of a decision, in the order of the filter. */
export const ACTIONS = ['run', 'join', 'hold', 'drop'] as const;
/** Why an alert may be held. */
export const HOLD_REASONS = [
  'silence',
  'inhibition',
  'maintenance_window',
  'cooldown',
  'rate_limit',
  'flapping',
  'storm',
] as const;
/** Why an alert may be dropped. */
export const DROP_REASONS = ['duplicate', 'resolved', 'no_match', 'filtered', 'playbook_off'] as const;
/** How bad an alert may be. */
export const SEVERITIES = ['critical', 'warning', 'info'] as const;
/** Whether it lasts. */
export const STATUSES = ['firing', 'resolved'] as const;

/** The filters of the list, named in the address as the API names them. */
export const FILTER_PARAMS = {
  matcher: texts(20),
  text: text(),
  severity: oneOf(SEVERITIES),
  status: oneOf(STATUSES),
  action: oneOf(ACTIONS),
  reason: oneOf([...HOLD_REASONS, ...DROP_REASONS]),
  source_system: text(),
  service_name: text(),
  since: text(),
  until: text(),
  alert_name: text(),
  fingerprint: text(),
  occurrence_id: text(),
  group_key: text(),
  host_ip: text(),
  run_id: text(),
  rule_id: text(),
  playbook_id: text(),
  by: text(),
};

/** What the address of the list holds. */
export type AlertFilter = {
  readonly [K in keyof typeof FILTER_PARAMS]: (typeof FILTER_PARAMS)[K]['fallback'];
};

/** No filter at all. */
export const NO_FILTER: AlertFilter = {
  ...{ matcher: [], text: '', severity: '', status: '', action: '', reason: '', source_system: '', service_name: '' },
  ...{ since: '', until: '', alert_name: '', fingerprint: '', occurrence_id: '', group_key: '', host_ip: '' },
  ...{ run_id: '', rule_id: '', playbook_id: '', by: '' },
};

/** The filters that only links from other pages set; each is shown with a button that takes it away. */
export const LINKED_KEYS = [
  ...(['alert_name', 'fingerprint', 'occurrence_id', 'group_key', 'host_ip'] as const),
  ...(['run_id', 'rule_id', 'playbook_id', 'by', 'until'] as const),
];

/** How many filters are set. */
export function activeCount(filter: AlertFilter): number {
  return Object.values(filter).filter((value) => value.length > 0).length;
}

/** The question that the filters are; what is not set is not asked. */
export function queryOf(filter: AlertFilter): Query {
  return { ...filter };
}

/** The matchers that the service refuses, by their places: its message names the matcher. */
export function matcherProblems(matchers: readonly string[], message: string): Readonly<Record<number, string>> {
  const place = matchers.findIndex((matcher) => message.includes(`matcher ${matcher}:`));
  const said = `matcher ${matchers[place] ?? ''}:`;
  return place === -1 ? {} : { [place]: message.slice(message.indexOf(said) + said.length).trim() };
}

/** The id of an alert, as lists want it. */
export function idOf({ alert_id }: AlertAnswer): string {
  return alert_id;
}
