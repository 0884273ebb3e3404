import { counted } from '../domain/counted.js';
import { BacktestResult } from '../domain/api/backtest.js';
import { printable } from '../domain/api/event-line.js';
import { Since } from '../domain/api/page.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, UsageError, WrongRequest } from './io.js';
import type { CliIo, ExitCode } from './io.js';
import { tableLines } from './table.js';

export interface BacktestOptions extends ApiOptions {
  /** An instant, or a duration: that long ago. */
  readonly since: string;
  /** A folder to go by; absent: what is in force. */
  readonly playbooks?: string | undefined;
  readonly maxAlerts?: string | undefined;
}

/** The files of a playbooks folder as texts. */
export type ReadFolder = (dir: string) => Promise<readonly { readonly file: string; readonly text: string }[]>;

const MOST_SHOWN = 20;
/** As long as a server works on one. */
const ANSWER_WITHIN_MS = 300_000;

/** `fixpoint backtest`: what would have happened to the stored alerts by other rules and playbooks. */
export async function backtest(options: BacktestOptions, io: CliIo, readFolder: ReadFolder): Promise<ExitCode> {
  return perform(io, async () => {
    const { since, playbooks, maxAlerts } = options;
    const asked = Since.safeParse(since);
    if (!asked.success)
      throw new UsageError(`--since: ${asked.error.issues[0]?.message ?? 'invalid'}, came ${printable(since)}`);
    const files = playbooks === undefined ? null : await textsOf(playbooks, readFolder);
    if (files?.length === 0) throw new UsageError(`${playbooks ?? ''} holds no *.yaml`);
    const request = {
      since,
      ...(files === null ? {} : { files }),
      ...(maxAlerts === undefined ? {} : { max_alerts: wholeNumber(maxAlerts) }),
    };
    const api = new ApiClient(io, options);
    const result = await api.post('/api/v1/backtest', request, BacktestResult, ANSWER_WITHIN_MS).catch(refused);
    if (options.json) outJson(io, result);
    else for (const line of linesOf(result)) io.out(line);
    return 0;
  });
}

/** Files that are wrong are a finding, as for `fixpoint check`. */
function refused(error: unknown): never {
  if (error instanceof WrongRequest && !error.details.some(({ path }) => path === 'since' || path === 'max_alerts'))
    throw new FixpointError('invalid', error.message, { details: error.details });
  throw error;
}

async function textsOf(dir: string, readFolder: ReadFolder): ReturnType<ReadFolder> {
  try {
    return await readFolder(dir);
  } catch (error) {
    throw new UsageError(`--playbooks: ${printable(dir)} cannot be read: ${messageOf(error)}`);
  }
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`--max-alerts: expected a whole number, came ${printable(text)}`);
}

function linesOf(result: BacktestResult): string[] {
  const { alerts, since, until, truncated, approvals } = result;
  const head = `${counted(alerts, 'alert')} from ${since} to ${until}`;
  return [
    `${head}${truncated ? ' (there were more; the oldest were left out)' : ''}`,
    ...section(
      'decisions',
      ['decided', 'then', 'now'],
      result.decisions.map((row) => [wordOf(row), `${row.was}`, `${row.now}`]),
    ),
    ...section(
      'runs that start',
      ['playbook', 'rule', 'service', 'then', 'now'],
      result.runs.map((row) => [
        row.playbook_id,
        row.rule_id ?? '',
        row.service_name ?? '',
        `${row.was}`,
        `${row.now}`,
      ]),
    ),
    ...section(
      'would be written',
      ['kind', 'target', 'playbook', 'times'],
      result.targets.map((row) => [
        row.kind,
        row.target,
        row.playbook_id,
        `${row.count}${row.recorded_only ? ' (only recorded)' : ''}`,
      ]),
    ),
    ...section(
      'depends on what would be found',
      ['step', 'playbook', 'on', 'times'],
      result.depends.map((row) => [row.step_id, row.playbook_id, row.on.join(', '), `${row.count}`]),
    ),
    ...section(
      'held by',
      ['reason', 'by', 'alerts'],
      result.budgets.map((row) => [row.reason, row.by ?? '', `${row.count}`]),
    ),
    ...(approvals === 0
      ? []
      : ['', `people are asked ${approvals === 1 ? 'once' : `${approvals} times`}; a yes was assumed`]),
    ...differences(result),
  ];
}

function differences({ differences, different, newly_run, no_longer_run }: BacktestResult): string[] {
  if (different === 0) return ['', 'no alert is decided otherwise'];
  const told = (action: string, reason: string | null, playbook_id: string | null): string =>
    [wordOf({ action, reason }), playbook_id].filter((word) => word !== null).join(' ');
  const rows = differences
    .slice(0, MOST_SHOWN)
    .map(({ received_at, alert_name, service_name, was, now }) => [
      received_at.slice(0, 19),
      alert_name,
      service_name ?? '',
      told(was.action, was.reason, was.playbook_id),
      told(now.action, now.reason, now.playbook_id),
    ]);
  const more = different > rows.length ? [`… and ${different - rows.length} more (--json)`] : [];
  const sum = `${different} decided otherwise: ${newly_run} now run, ${no_longer_run} run no longer`;
  return [
    ...section('decided otherwise', ['received (UTC)', 'alert', 'service', 'then', 'now'], rows),
    ...more,
    '',
    sum,
  ];
}

function wordOf({ action, reason }: { readonly action: string; readonly reason: string | null }): string {
  return reason === null ? action : `${action} (${reason})`;
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...tableLines(head, rows).map((line) => `  ${line}`)];
}
