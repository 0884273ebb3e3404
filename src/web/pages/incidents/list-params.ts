import type { Query } from '../../api/client.js';
import { SPANS } from '../../kit/filters.js';
import type { SpanChoice } from '../../kit/filters.js';
import { oneOf, text } from '../../kit/url-params.js';
import type { Params } from '../../kit/url-params.js';

/** What a list of incidents can be asked for; `unresolved` is what somebody has to work at. */
export const STATES = ['unresolved', 'open', 'acknowledged', 'resolved', 'all'] as const;
export const PRIORITIES = ['P0', 'P1', 'P2', 'P3', 'P4'] as const;
export const ORDERS = ['worst', 'newest'] as const;
export const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** The filters of the list, as they stand in the address. */
export interface Filter {
  readonly state: (typeof STATES)[number] | '';
  readonly priority: (typeof PRIORITIES)[number] | '';
  readonly severity: (typeof SEVERITIES)[number] | '';
  readonly service: string;
  readonly assignee: string;
  readonly since: SpanChoice | '';
  readonly order: (typeof ORDERS)[number] | '';
}

export const PARAMS: Params<Filter> = {
  state: oneOf(STATES, 'unresolved'),
  priority: oneOf(PRIORITIES),
  severity: oneOf(SEVERITIES),
  service: text(),
  assignee: text(),
  since: oneOf(SPANS),
  order: oneOf(ORDERS, 'worst'),
};

/** What the API is asked for these filters. */
export function queryOf({ state, service, order: _order, ...rest }: Filter): Query {
  const known = state === 'open' || state === 'acknowledged' || state === 'resolved' ? state : null;
  return { ...rest, service_name: service, state: known, open: state === 'unresolved' ? true : null };
}

/** How many filters stand between the reader and the usual list. */
export function activeOf(filter: Filter): number {
  const { state, order: _order, ...others } = filter;
  return Object.values(others).filter((value) => value !== '').length + (state === 'unresolved' ? 0 : 1);
}

/** True where the worst stand first: only of what is not over, and unless the newest are wanted first. */
export function isWorstFirst({ state, order }: Filter): boolean {
  return order !== 'newest' && (state === 'unresolved' || state === 'open' || state === 'acknowledged');
}
