import type { z } from 'zod';
import type { Incident } from '../../domain/incident.js';
import type { Approval } from '../../domain/run.js';
import type { RunItem } from '../../domain/api/run.js';
import type { DeadLetterAnswer, PauseAnswer, StatsAnswer } from '../../domain/api/system.js';

/** How many alerts were decided how in one hour. */
export interface AlertHour {
  readonly at: string;
  readonly run: number;
  readonly join: number;
  readonly hold: number;
  readonly drop: number;
  readonly duplicate: number;
  readonly undecided: number;
}

/** What `GET /api/v1/overview` answers. */
export interface OverviewAnswer {
  readonly at: string;
  readonly since: string;
  readonly any_alerts: boolean;
  readonly alerts_by_hour: readonly AlertHour[];
  readonly alerts_complete: boolean;
  readonly incidents: {
    readonly open: number;
    readonly by_priority: Readonly<Record<string, number>>;
    readonly items: readonly Incident[];
  };
  readonly runs: { readonly open: number; readonly items: readonly RunUnderWay[] };
  readonly approvals: { readonly pending: number; readonly items: readonly Approval[] };
  readonly pause: z.infer<typeof PauseAnswer>;
  readonly storm: z.infer<typeof StatsAnswer>['storm'];
  readonly undecided: number;
  readonly last_refused: z.infer<typeof DeadLetterAnswer> | null;
}

/** A run under way, and how far it is. */
export type RunUnderWay = RunItem & {
  readonly progress: {
    readonly done: number;
    readonly total: number;
    readonly failed: number;
    readonly now: readonly { readonly step_id: string; readonly name: string; readonly state: string }[];
  };
};

/** What `GET /api/v1/search` answers. */
export interface SearchAnswer {
  readonly items: readonly {
    readonly type: 'alert' | 'run' | 'incident' | 'playbook' | 'rule';
    readonly id: string;
    readonly title: string;
    readonly detail: string;
    readonly at: string | null;
  }[];
  readonly complete: boolean;
}
