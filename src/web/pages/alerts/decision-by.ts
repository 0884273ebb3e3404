import type { AlertAnswer } from '../../../domain/api/alert.js';
import { path } from '../../api/client.js';

type Decision = NonNullable<AlertAnswer['decision']>;

/** What decided, as far as it is known: `silence:01K…` is a silence, and stands on a page of its own. */
export interface DecidedBy {
  readonly kind: string;
  readonly id: string;
  /** Where it is shown; null where nothing more is to be seen of it. */
  readonly href: string | null;
}

/** Takes `by` of a decision apart. */
export function decidedBy(by: Decision['by']): DecidedBy | null {
  if (by === null || by === '') return null;
  const colon = by.indexOf(':');
  const kind = colon === -1 ? '' : by.slice(0, colon);
  const id = by.slice(colon + 1);
  return { kind, id, href: id === '' ? null : hrefOf(kind, id) };
}

function hrefOf(kind: string, id: string): string | null {
  switch (kind) {
    case 'rule':
      return path`/rules/${id}`;
    case 'silence':
      return path`/silences/${id}`;
    case 'maintenance_window':
      return path`/silences/windows/${id}`;
    case 'inhibit_rule':
      return path`/silences/inhibition/${id}`;
    case 'alert':
      return path`/alerts/${id}`;
    case 'fingerprint':
      return `/alerts?fingerprint=${encodeURIComponent(id)}`;
    default:
      return null;
  }
}

/** The runs that a decision names, each once. */
export function runsOf({ run_id, run_ids }: Pick<Decision, 'run_id' | 'run_ids'>): readonly string[] {
  return [...new Set(run_id === null ? run_ids : [run_id, ...run_ids])];
}
