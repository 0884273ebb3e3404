import { z } from 'zod';
import { instant } from '../../domain/clock.js';
import { FixpointError } from '../../domain/errors.js';
import { labelOf } from '../../domain/alert/label.js';
import { allOpen } from '../../domain/alert/open-occurrence.js';
import type { Reconciled, ReconcilerDeps, SourceReconciler } from '../../domain/source.js';
import { identity } from '../storable.js';
import { AlertmanagerApi } from './api.js';
import type { ApiSettings } from './api.js';
import { LeftOut } from './left-out.js';

/** More open alerts are not looked through for those that have ended. */
const MAX_OPEN = 100_000;
/** Alerts in one body; a body of more would be cut. */
const MAX_TAKEN = 10_000;

const GettableAlert = z.object({
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: z.string(),
  endsAt: z.string().nullish(),
  generatorURL: z.string().nullish(),
  fingerprint: z.string().min(1),
  receivers: z.array(z.object({ name: z.string() })),
  status: z.object({ state: z.string() }),
});
type GettableAlert = z.infer<typeof GettableAlert>;

/** Fetches from Alertmanager's API v2 what a webhook with `max_alerts` left out, and takes it in as if it had come. */
export function openAlertmanagerReconciler(settings: ApiSettings, deps: ReconcilerDeps): SourceReconciler {
  const api = new AlertmanagerApi(settings, deps.clock);
  return {
    every_ms: null,
    fetch: (left_out, signal) => fetchLeftOut(LeftOut.parse(left_out), api, deps, signal),
    stop: () => api.stop(),
  };
}

async function fetchLeftOut(
  left_out: LeftOut,
  api: AlertmanagerApi,
  deps: ReconcilerDeps,
  signal: AbortSignal,
): Promise<Reconciled> {
  const group = await groupOf(left_out, api, signal);
  const had = new Set(left_out.had);
  // What is silenced or inhibited there would not have come either.
  const missed = group.filter(({ fingerprint, status }) => status.state === 'active' && !had.has(fingerprint));
  const taken = missed.length === 0 ? 0 : await deps.take(bodyOf(left_out, missed.slice(0, MAX_TAKEN).map(firing)));
  return { taken, ended: await endWhatEnded(left_out, group, deps) };
}

/** The alerts that Alertmanager holds for the group now, whatever their state. */
async function groupOf(left_out: LeftOut, api: AlertmanagerApi, signal: AbortSignal): Promise<GettableAlert[]> {
  const labels = Object.entries(left_out.group_labels);
  const query = {
    active: ['true'],
    silenced: ['true'],
    inhibited: ['true'],
    unprocessed: ['true'],
    receiver: [`^${quoted(unquoted(left_out.receiver))}$`],
    filter: labels.map(([name, value]) => `${nameOf(name)}=${JSON.stringify(value)}`),
  };
  const answer = z.array(GettableAlert).safeParse(await api.get('/api/v2/alerts', query, signal));
  if (!answer.success) {
    const place = answer.error.issues[0]?.path.map(String).join('.') ?? '';
    throw new FixpointError(
      'unavailable',
      `Alertmanager at ${api.target} answered something that are no alerts (${place})`,
    );
  }
  // The receiver is a regular expression there, and what stands between may know less than Alertmanager itself.
  return answer.data.filter(
    (alert) =>
      alert.receivers.some(({ name }) => name === left_out.receiver || quoted(name) === left_out.receiver) &&
      labels.every(([name, value]) => labelOf(alert.labels, name) === value),
  );
}

/** A resolve may be among what was left out: a resolved alert is not in the API any more. */
async function endWhatEnded(left_out: LeftOut, group: readonly GettableAlert[], deps: ReconcilerDeps): Promise<number> {
  // Without a key the group is not known here; and an Alertmanager that has just begun anew knows of nothing.
  if (left_out.group_key === null || group.length === 0) return 0;
  const group_key = identity(`${left_out.receiver}:${left_out.group_key}`);
  const still = new Set([...group.map(({ fingerprint }) => fingerprint), ...left_out.had]);
  const open = await allOpen(deps.occurrences, 'alertmanager', MAX_OPEN);
  const over = open.filter(({ alert }) => alert.group_key === group_key && !still.has(alert.fingerprint));
  if (over.length === 0) return 0;
  const endsAt = instant(deps.clock.now());
  const items = over.slice(0, MAX_TAKEN).map(({ alert }) => ({
    status: 'resolved',
    labels: alert.original?.['labels'] ?? alert.labels,
    annotations: alert.original?.['annotations'] ?? alert.annotations,
    startsAt: alert.timestamp,
    endsAt,
    generatorURL: alert.links['generator'] ?? '',
    fingerprint: alert.fingerprint,
  }));
  return deps.take(bodyOf(left_out, items));
}

function firing({ labels, annotations, startsAt, generatorURL, fingerprint }: GettableAlert): unknown {
  return { status: 'firing', labels, annotations, startsAt, generatorURL: generatorURL ?? '', fingerprint };
}

function bodyOf({ receiver, group_key, group_labels, external_url }: LeftOut, alerts: readonly unknown[]): unknown {
  return {
    version: '4',
    receiver,
    ...(group_key === null ? {} : { groupKey: group_key }),
    groupLabels: group_labels,
    ...(external_url === null ? {} : { externalURL: external_url }),
    truncatedAlerts: 0,
    alerts,
  };
}

/** As Go's regexp.QuoteMeta. */
function quoted(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}

/** Alertmanager writes the receiver's name into webhooks as the regular expression that takes it: `my\\.team`. */
function unquoted(text: string): string {
  return text.replace(/\\([\\.+*?()|[\]{}^$])/g, '$1');
}

/** A name beyond the classic letters is quoted, which Alertmanager understands from 0.27 on. */
function nameOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
