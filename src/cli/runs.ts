import { printable } from '../domain/api/event-line.js';
import { pageOf } from '../domain/api/page.js';
import { RunAnswer, RunItem } from '../domain/api/run.js';
import { formatMs } from '../domain/duration.js';
import type { Step } from '../domain/run/run.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode } from './io.js';
import { tableLines } from './table.js';

export interface RunsListOptions extends ApiOptions {
  readonly state?: string | undefined;
  readonly playbook?: string | undefined;
  readonly service?: string | undefined;
  /** An instant, or a duration: that long ago. */
  readonly since?: string | undefined;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

export interface RunsShowOptions extends ApiOptions {
  readonly run_id: string;
}

export interface RunsReasonOptions extends RunsShowOptions {
  readonly reason?: string | undefined;
}

export interface RunsCancelOptions extends RunsReasonOptions {
  /** What the run wrote is taken back. */
  readonly compensate?: boolean | undefined;
}

/** `fixpoint runs list`: the newest runs first. */
export async function runsList(options: RunsListOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const query = new URLSearchParams();
    const { state, playbook: playbook_id, service: service_name, since, limit, cursor } = options;
    for (const [key, value] of Object.entries({ state, playbook_id, service_name, since, limit, cursor })) {
      if (value !== undefined) query.set(key, value);
    }
    const page = await new ApiClient(io, options).get(`/api/v1/runs?${query.toString()}`, pageOf(RunItem));
    if (options.json) {
      outJson(io, page);
      return 0;
    }
    const rows = page.items.map((run) => [
      run.run_id,
      run.created_at.slice(0, 19),
      run.state,
      run.outcome ?? '',
      run.playbook_id,
      run.service_name ?? '',
    ]);
    if (rows.length === 0) io.out('no runs');
    else
      for (const line of tableLines(['run', 'created (UTC)', 'state', 'outcome', 'playbook', 'service'], rows))
        io.out(line);
    if (page.next_cursor !== null) io.out(`… more: --cursor ${page.next_cursor}`);
    return 0;
  });
}

/** `fixpoint runs show`: one run with its steps. */
export async function runsShow(options: RunsShowOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const run = await new ApiClient(io, options).get(pathOf(options.run_id), RunAnswer);
    if (options.json) outJson(io, run);
    else for (const line of linesOf(run)) io.out(line);
    return 0;
  });
}

/** `fixpoint runs cancel`: no new step starts, and what is under way is aborted. */
export async function runsCancel(options: RunsCancelOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const api = new ApiClient(io, options);
    const body = { reason: options.reason ?? null, compensate: options.compensate ?? false };
    const run = await api.post(`${pathOf(options.run_id)}/cancel`, body, RunAnswer);
    if (options.json) outJson(io, run);
    else io.out(`run ${run.run_id} is being cancelled`);
    return 0;
  });
}

export interface RunsRetryOptions extends RunsReasonOptions {
  readonly step?: string | undefined;
}

export interface RunsConfirmOptions extends RunsShowOptions {
  readonly step?: string | undefined;
  /** `yes` or `no`. */
  readonly answer: string;
  readonly comment?: string | undefined;
}

/** `fixpoint runs retry`: what did not succeed is tried again. */
export async function runsRetry(options: RunsRetryOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const body = { reason: options.reason ?? null, step_id: options.step ?? null };
    const run = await new ApiClient(io, options).post(`${pathOf(options.run_id)}/retry`, body, RunAnswer);
    if (options.json) outJson(io, run);
    else io.out(`run ${run.run_id} goes on`);
    return 0;
  });
}

/** `fixpoint runs confirm`: whether it is solved, or whether a write in doubt took place. */
export async function runsConfirm(options: RunsConfirmOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const { answer } = options;
    if (answer !== 'yes' && answer !== 'no') throw new UsageError(`expected yes or no, came ${printable(answer)}`);
    const yes = answer === 'yes';
    const body = { step_id: options.step ?? null, solved: yes, done: yes, comment: options.comment ?? null };
    const run = await new ApiClient(io, options).post(`${pathOf(options.run_id)}/confirm`, body, RunAnswer);
    if (options.json) outJson(io, run);
    else io.out(`run ${run.run_id}: ${run.outcome === null ? run.state : `${run.state}, ${run.outcome}`}`);
    return 0;
  });
}

function pathOf(run_id: string): string {
  return `/api/v1/runs/${encodeURIComponent(run_id)}`;
}

function linesOf(run: RunAnswer): string[] {
  const facts: readonly (readonly [string, string | null])[] = [
    ['run', run.run_id],
    ['playbook', `${run.playbook_id} (${run.playbook_name})`],
    ['state', run.outcome === null ? run.state : `${run.state}, ${run.outcome}`],
    ['reason', run.reason],
    ['mode', run.dry_run ? `${run.mode}, dry run` : run.mode],
    ['service', run.service_name],
    [
      'alert',
      run.alert === null ? null : `${run.alert.alert_name} (${run.alert.severity}), ${run.alert_ids.length} in all`,
    ],
    ['by', run.requested_by],
    ['started', run.started_at],
    ['finished', run.finished_at],
  ];
  const lines = facts.flatMap(([key, value]) => (value === null ? [] : [printable(`${key.padEnd(10)}${value}`)]));
  const steps = run.steps.map((step) => [
    step.step_id,
    step.state,
    took(step),
    step.summary ?? step.error ?? step.message ?? '',
  ]);
  if (steps.length > 0) lines.push('', ...tableLines(['step', 'state', 'took', 'what'], steps));
  const sent = run.deliveries.map((item) => [item.kind, item.channel, item.target, item.state, item.error ?? '']);
  if (sent.length > 0) lines.push('', ...tableLines(['sent', 'channel', 'to', 'state', 'error'], sent));
  return lines;
}

function took(step: Step): string {
  if (step.started_at === null || step.finished_at === null) return '';
  return formatMs(Date.parse(step.finished_at) - Date.parse(step.started_at));
}
