import type { ParsedAlert, Severity } from '../domain/alert/alert.js';
import type { ErrorDetail } from '../domain/errors.js';
import { labelsFingerprint } from '../domain/alert/label.js';
import type { ParsedPayload } from '../domain/source.js';
import { present } from './own-labels.js';
import { identity, storableText, storableTexts } from './storable.js';
import type { Subject } from './subject.js';
import { webLinks } from './web-links.js';

/** What kind of change it was; the label `event`. */
export type ChangeKind = 'push' | 'build' | 'deployment' | 'release' | 'rollback';
/** How it went; the label `outcome`. A push and a release have no other than `succeeded`. */
export type ChangeOutcome = 'started' | 'succeeded' | 'failed' | 'cancelled' | 'degraded';

/** A change that a system tells of, in its own words. */
export interface Change {
  readonly source: string;
  readonly kind: ChangeKind;
  readonly outcome: ChangeOutcome;
  /** What tells this event from every other of the source: a delivery of the same event again has the same. */
  readonly id: string;
  /** What stays the same from change to change: the repository, the workflow, the environment. */
  readonly about: readonly (string | null)[];
  readonly description: string;
  /** Null: the time of receipt. */
  readonly at: string | null;
  /** The branch that everything comes from, where it is known: a failed build of it is worth more. */
  readonly is_default_branch: boolean;
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly links: Readonly<Record<string, string | null>>;
}

const NAMES: Readonly<Record<ChangeKind, string>> = {
  push: 'Push',
  build: 'Build',
  deployment: 'Deployment',
  release: 'Release',
  rollback: 'Rollback',
};
const ENDS: Readonly<Record<ChangeOutcome, string>> = {
  started: 'Started',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
  degraded: 'Degraded',
};

/** The alert that a change is: it lasts a moment, and each has an occurrence and a group of its own. */
export function changeAlert(change: Change, subject: Subject, now: string): ParsedAlert {
  const { source, kind, outcome } = change;
  const labels = storableTexts(present({ ...change.labels, event: kind, outcome }));
  const id = identity(`${source}:${change.id}`);
  const about = Object.fromEntries(change.about.map((part, place) => [String(place), part ?? '']));
  return {
    source_system: source,
    alert_name: kind === 'push' ? NAMES.push : `${NAMES[kind]}_${ENDS[outcome]}`,
    severity: severityOf(change),
    status: 'firing',
    service_name: subject.serviceOf(labels),
    host_ip: null,
    metric_value: null,
    timestamp: change.at ?? now,
    labels,
    description: storableText(change.description),
    fingerprint: labelsFingerprint({ ...about, source, kind }),
    metric_unit: null,
    ends_at: null,
    annotations: storableTexts(present(change.annotations ?? {})),
    links: storableTexts(webLinks(change.links)),
    group_key: id,
    occurrence_id: id,
    momentary: true,
  };
}

const PRODUCTION = /^(?:prod|production|prd|live)(?:$|[^a-z])/i;

/** A deployment to production that failed is critical; whatever else failed, and each way back, is a warning; the rest is news. */
function severityOf({ kind, outcome, labels, is_default_branch }: Change): Severity {
  const hasFailed = outcome === 'failed' || outcome === 'degraded';
  const environment = labels['environment_tier'] ?? labels['environment'] ?? '';
  if (kind === 'build') return hasFailed && is_default_branch ? 'warning' : 'info';
  if (!hasFailed) return kind === 'rollback' ? 'warning' : 'info';
  return PRODUCTION.test(environment) ? 'critical' : 'warning';
}

/** A payload of one event. */
export function oneEvent(
  alert: ParsedAlert | string,
  details: readonly ErrorDetail[],
): ParsedPayload | { readonly unusable: readonly ErrorDetail[] } {
  if (details.length > 0) return { unusable: details };
  if (typeof alert === 'string') return { alerts: [], rejected: [], remarks: [alert], aside: true };
  return { alerts: [alert], rejected: [], remarks: [] };
}

/** The branch or tag of `refs/heads/main`. */
export function refName(ref: string | null): string | null {
  return ref === null ? null : ref.replace(/^refs\/(?:heads|tags)\//, '');
}

/** What a ref is called in labels: a tag is no branch, whatever it is named. */
export function refLabels(ref: string | null): Readonly<Record<'branch' | 'tag', string | null>> {
  const isTag = ref !== null && ref.startsWith('refs/tags/');
  return { branch: isTag ? null : refName(ref), tag: isTag ? refName(ref) : null };
}

/** True for the commit that stands for none: the branch was deleted. */
export function isNoCommit(sha: string | null): boolean {
  return sha !== null && /^0+$/.test(sha);
}

/** The last part of `owner/group/name`. */
export function shortName(full: string | null): string | null {
  return full === null ? null : (full.split('/').at(-1) ?? full);
}
