import { z } from 'zod';
import type { Alert } from '../../domain/alert/alert.js';
import { instant } from '../../domain/clock.js';
import { durationMs } from '../../domain/duration.js';
import { FixpointError } from '../../domain/errors.js';
import { labelOf } from '../../domain/alert/label.js';
import { allOpen } from '../../domain/alert/open-occurrence.js';
import type { Reconciled, ReconcilerDeps, SourceReconciler } from '../../domain/source.js';
import { identity } from '../storable.js';
import { AlertmanagerApi } from './api.js';
import type { ApiSettings } from './api.js';
import { LeftOut } from './left-out.js';
import { Sightings, theirFingerprint } from './sightings.js';

/** More open alerts are not looked through for those that have ended. */
const MAX_OPEN = 100_000;
/** Alerts in one body; a body of more would be cut. */
const MAX_TAKEN = 10_000;
const DEFAULT_RECONCILE = '5m';

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

/** What is asked of `/api/v2/status`: when this process began. */
const Status = z.object({ uptime: z.string().min(1).max(100) });

/** What the webhook said about a group, as far as it is needed to speak of its alerts again. */
type GroupOf = Pick<LeftOut, 'receiver' | 'group_key' | 'group_labels' | 'external_url'>;

/**
 * Fetches from Alertmanager's API v2 what a webhook with `max_alerts` left out, and takes it in as if it had come. Every now and then it
 * looks for what has ended without a word: of what is silenced or inhibited Alertmanager sends no resolve.
 */
export function openAlertmanagerReconciler(settings: ApiSettings, deps: ReconcilerDeps): SourceReconciler {
  const api = new AlertmanagerApi(settings, deps.clock);
  const every_ms = durationMs(settings.reconcile ?? DEFAULT_RECONCILE);
  const sightings = new Sightings();
  return {
    every_ms: every_ms === 0 ? null : every_ms,
    look: (signal) => endWhatIsGone(api, sightings, deps, signal),
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
  const alerts = await alertsOf(api, query, signal);
  // The receiver is a regular expression there, and what stands between may know less than Alertmanager itself.
  return alerts.filter(
    (alert) =>
      alert.receivers.some(({ name }) => name === left_out.receiver || quoted(name) === left_out.receiver) &&
      labels.every(([name, value]) => labelOf(alert.labels, name) === value),
  );
}

async function alertsOf(
  api: AlertmanagerApi,
  query: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal,
): Promise<GettableAlert[]> {
  const answer = z.array(GettableAlert).safeParse(await api.get('/api/v2/alerts', query, signal));
  if (answer.success) return answer.data;
  const place = answer.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new FixpointError(
    'unavailable',
    `Alertmanager at ${api.target} answered something that are no alerts (${place})`,
  );
}

async function endWhatIsGone(
  api: AlertmanagerApi,
  sightings: Sightings,
  deps: ReconcilerDeps,
  signal: AbortSignal,
): Promise<Reconciled> {
  const now = deps.clock.now();
  // Before the look: what fires anew after it must not be taken for gone.
  const open = await allOpen(deps.occurrences, 'alertmanager', MAX_OPEN);
  if (open.length === 0) {
    sightings.clear();
    return { taken: 0, ended: 0 };
  }
  const status = Status.safeParse(await api.get('/api/v2/status', {}, signal));
  if (!status.success)
    throw new FixpointError('unavailable', `Alertmanager at ${api.target} does not say since when it is up (uptime)`);
  const held = new Set((await alertsOf(api, {}, signal)).map(({ fingerprint }) => fingerprint));
  let ended = 0;
  for (const { alert, since_ms } of sightings.look(status.data.uptime, held, open, now))
    ended += await deps.take(bodyOf(groupOfAlert(alert), [resolveOf(alert, instant(since_ms))]));
  return { taken: 0, ended };
}

/** The two parts of its group's key; put together again they are the same key, wherever they are parted. */
function groupOfAlert({ group_key, links }: Alert): GroupOf {
  const at = group_key.indexOf(':');
  return {
    receiver: group_key.slice(0, Math.max(at, 0)),
    group_key: group_key.slice(at + 1),
    group_labels: {},
    external_url: links['alertmanager'] ?? null,
  };
}

/** A resolve may be among what was left out: a resolved alert is not in the API any more. */
async function endWhatEnded(left_out: LeftOut, group: readonly GettableAlert[], deps: ReconcilerDeps): Promise<number> {
  // Without a key the group is not known here; and an Alertmanager that has just begun anew knows of nothing.
  if (left_out.group_key === null || group.length === 0) return 0;
  const group_key = identity(`${left_out.receiver}:${left_out.group_key}`);
  const still = new Set([...group.map(({ fingerprint }) => fingerprint), ...left_out.had]);
  const open = await allOpen(deps.occurrences, 'alertmanager', MAX_OPEN);
  const over = open.filter(({ alert }) => alert.group_key === group_key && !still.has(theirFingerprint(alert)));
  if (over.length === 0) return 0;
  const endsAt = instant(deps.clock.now());
  const items = over.slice(0, MAX_TAKEN).map(({ alert }) => resolveOf(alert, endsAt));
  return deps.take(bodyOf(left_out, items));
}

function resolveOf(alert: Alert, endsAt: string): unknown {
  return {
    status: 'resolved',
    labels: alert.original?.['labels'] ?? alert.labels,
    annotations: alert.original?.['annotations'] ?? alert.annotations,
    startsAt: alert.timestamp,
    endsAt,
    generatorURL: alert.links['generator'] ?? '',
    fingerprint: theirFingerprint(alert),
  };
}

function firing({ labels, annotations, startsAt, generatorURL, fingerprint }: GettableAlert): unknown {
  return { status: 'firing', labels, annotations, startsAt, generatorURL: generatorURL ?? '', fingerprint };
}

function bodyOf({ receiver, group_key, group_labels, external_url }: GroupOf, alerts: readonly unknown[]): unknown {
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
