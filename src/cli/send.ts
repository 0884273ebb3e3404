import { AlertStatus, Severity } from '../domain/alert/alert.js';
import { Accepted, AlertAnswer } from '../domain/api/alert.js';
import { clockTime, printable } from '../domain/api/event-line.js';
import type { RunAnswer } from '../domain/api/run.js';
import { instant, sleep } from '../domain/clock.js';
import type { Decision } from '../domain/decision/decision.js';
import { FixpointError } from '../domain/errors.js';
import { didYouMean } from '../domain/nearest.js';
import { parseQuantity } from '../domain/alert/quantity.js';
import { called } from '../domain/schema-problem.js';
import { mapSeverity } from '../domain/alert/severity.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { exitOf, followRun } from './follow.js';
import { outJson, perform, UsageError, WrongRequest } from './io.js';
import type { CliIo, ExitCode } from './io.js';

export interface SendOptions extends ApiOptions {
  readonly alertname: string;
  /** Each `key=value`. */
  readonly label?: readonly string[] | undefined;
  readonly annotation?: readonly string[] | undefined;
  readonly severity?: string | undefined;
  readonly service?: string | undefined;
  readonly instance?: string | undefined;
  /** The figure that made the alert fire: annotation `value`. */
  readonly value?: string | undefined;
  readonly description?: string | undefined;
  /** `firing`, or `resolved` for the end of the alert. */
  readonly status?: string | undefined;
}

/** The intake refuses an alert, not how the command was called: that is what was to be tried out. */
function refused(error: unknown): never {
  if (error instanceof WrongRequest) throw new FixpointError('invalid', error.message, { details: error.details });
  throw error;
}

/** A token that may post alerts, and no more, has done its work by then: the alert is in. */
function unseen(error: unknown): never {
  if (!(error instanceof FixpointError) || error.code !== 'forbidden') throw error;
  throw new FixpointError('forbidden', `the alert is in; what becomes of it this token may not see: ${error.message}`);
}

const DECIDED_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 250;

/** `fixpoint send`: a test alert through the real Alertmanager webhook; tells its fate as it unfolds. 1 when a run of it did not succeed. */
export async function send(options: SendOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const api = new ApiClient(io, options);
    const payload = payloadOf(options, instant(io.clock.now()));
    const json = options.json ?? false;
    const tell = (what: string, text: string): void => {
      if (!json) io.out(`${clockTime(instant(io.clock.now()))}  ${what.padEnd(8)}  ${printable(text)}`);
    };
    const accepted = await api.post('/api/v1/webhooks/alertmanager', payload, Accepted).catch(refused);
    const first = accepted.alerts[0];
    if (first === undefined)
      throw new FixpointError('invalid', 'the alert was not accepted; see fixpoint’s dead letters');
    tell('accepted', `${first.status} ${options.alertname}, alert ${first.alert_id}`);
    const decision = await decided(api, io, first.alert_id).catch(unseen);
    tell('decided', sentence(decision));
    const runs: RunAnswer[] = [];
    // A duplicate only names the run of the alert that it repeats: that is another story.
    const follow = decision.action === 'run' || decision.action === 'join' ? runIds(decision) : [];
    for (const run_id of follow) {
      tell('run', run_id);
      runs.push(await followRun(api, io, run_id, json));
    }
    if (json) outJson(io, { alert_id: first.alert_id, decision, runs });
    return runs.every((ended) => exitOf(ended) === 0) ? 0 : 1;
  });
}

async function decided(api: ApiClient, io: CliIo, alert_id: string): Promise<Decision> {
  const deadline = io.clock.monotonic() + DECIDED_WITHIN_MS;
  while (io.clock.monotonic() < deadline && !io.signal.aborted) {
    const alert = await api.get(`/api/v1/alerts/${alert_id}`, AlertAnswer).catch((error: unknown) => {
      // With Kafka the alert is on its way to the store after the 202.
      if (error instanceof FixpointError && error.code === 'not_found') return null;
      throw error;
    });
    if (alert?.decision) return alert.decision;
    await sleep(io.clock, ASK_EVERY_MS, io.signal);
  }
  throw new FixpointError(
    'unavailable',
    `alert ${alert_id} is accepted, but not decided within ${DECIDED_WITHIN_MS / 1_000} s`,
  );
}

function payloadOf(options: SendOptions, now: string): unknown {
  const { alertname, severity, service, instance, value, description } = options;
  const labels = {
    alertname,
    ...present({ severity, service, instance }),
    ...pairs(options.label ?? [], '--label'),
  };
  const annotations = { ...present({ value, description }), ...pairs(options.annotation ?? [], '--annotation') };
  const { status = 'firing' } = options;
  refuseSlips({ severity, value, status });
  const endsAt = status === 'resolved' ? now : '0001-01-01T00:00:00Z';
  return {
    version: '4',
    groupKey: `{}:{alertname=${JSON.stringify(alertname)}}`,
    truncatedAlerts: 0,
    status,
    receiver: 'fixpoint-send',
    groupLabels: { alertname },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: '',
    alerts: [{ status, labels, annotations, startsAt: now, endsAt, generatorURL: '' }],
  };
}

/** The intake takes strange words too, because an alert must not be lost for one; a person who types one has made a slip. */
function refuseSlips({
  severity,
  value,
  status,
}: Readonly<Record<'severity' | 'value' | 'status', string | undefined>>) {
  if (status !== undefined && !AlertStatus.safeParse(status).success)
    throw slip('status', status, 'firing or resolved', AlertStatus.options);
  if (severity !== undefined && !mapSeverity(severity).known) {
    const words = 'critical, warning or info, or a word such as page, high, P1 or notice';
    throw slip('severity', severity, words, Severity.options);
  }
  if (value !== undefined && parseQuantity(value) === null)
    throw slip('value', value, 'a number with or without a unit, such as 95, 12.5 % or 1.2 K', []);
}

function slip(option: string, came: string, expected: string, words: readonly string[]): UsageError {
  return new UsageError(
    `expected --${option} to be ${expected}, came ${called(printable(came))}${didYouMean(came, words)}`,
  );
}

function present(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) if (value !== undefined) result[key] = value;
  return result;
}

function pairs(texts: readonly string[], option: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const text of texts) {
    const [, key, value] = /^([A-Za-z_][A-Za-z0-9_.:-]*)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined)
      throw new UsageError(`expected ${option} key=value, came ${printable(text)}`);
    result[key] = value;
  }
  return result;
}

function runIds(decision: Decision): readonly string[] {
  if (decision.run_ids.length > 0) return decision.run_ids;
  return decision.run_id === null ? [] : [decision.run_id];
}

function sentence(decision: Decision): string {
  const { action, reason, playbook_id, rule_id, explanation } = decision;
  const what = reason === null ? `${action} ${playbook_id ?? ''}`.trimEnd() : `${action}, ${reason}`;
  return `${what}${rule_id === null ? '' : `, by rule ${rule_id}`}: ${explanation}`;
}
