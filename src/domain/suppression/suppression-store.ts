import type { Page, PageRequest } from '../page.js';
import type { KeptSuppression, SilenceState, SuppressionKind } from './suppression.js';

export interface SuppressionFilter {
  /** Of silences; of the others, `expired` are those that were ended or have run out, `active` the rest. */
  readonly state?: SilenceState;
}

/** What people have made to hold alerts back. Nothing in it is edited: it ends, and something else takes its place. */
export interface SuppressionStore {
  /** True when other processes may change it: then whoever wants to know has to ask. */
  readonly shared: boolean;
  /** Keeps it and ends what it replaces, at once. `full`: there are too many of its kind in force; `gone`: what it replaces is not in force. */
  add(kept: KeptSuppression, replaces: string | null, at: string): Promise<'added' | 'full' | 'gone'>;
  get(kind: SuppressionKind, id: string): Promise<KeptSuppression | null>;
  list(
    kind: SuppressionKind,
    filter: SuppressionFilter,
    page: PageRequest,
    now: string,
  ): Promise<Page<KeptSuppression>>;
  /** Ends it at `at`; answers it as it is then, or why nothing was ended. */
  end(kind: SuppressionKind, id: string, at: string, by: string): Promise<KeptSuppression | 'unknown' | 'ended'>;
  /** All that has not ended by `now`. */
  inForce(now: string): Promise<KeptSuppression[]>;
  /** What tells whether anything has changed; with `sources` also whether what fires and holds others back has. */
  stamp(sources: boolean): Promise<SuppressionStamp>;
}

/** Equal to an earlier one where nothing has changed. */
export interface SuppressionStamp {
  readonly changes: string;
  /** Null where that was not asked. */
  readonly sources: string | null;
}
