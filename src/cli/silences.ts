import { SilenceAnswer, SilenceDraft, SilenceList, SilencePreview } from '../domain/api/suppression.js';
import { instant } from '../domain/clock.js';
import { parseDuration } from '../domain/duration.js';
import { schemaProblems } from '../domain/schema-problem.js';
import { formatPath } from '../domain/api/error.js';
import { writeMatcher } from '../domain/suppression/suppression.js';
import { printable } from '../domain/api/event-line.js';
import { ApiClient } from './api-client.js';
import type { ApiOptions } from './api-client.js';
import { outJson, perform, UsageError } from './io.js';
import type { CliIo, ExitCode } from './io.js';
import { tableLines } from './table.js';

export interface SilencesListOptions extends ApiOptions {
  /** Those that have ended too. */
  readonly expired?: boolean | undefined;
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

export interface SilencesCreateOptions extends ApiOptions {
  /** `service=checkout`, `severity=~"warning|info"`; a first word without an operator is an alert's name. */
  readonly matchers: readonly string[];
  readonly duration?: string | undefined;
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly author?: string | undefined;
  readonly comment?: string | undefined;
  readonly replace?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface SilencesExpireOptions extends ApiOptions {
  readonly silence_ids: readonly string[];
}

const DEFAULT_DURATION = '1h';

/** `fixpoint silences list`: what is silenced, here and in the configured Alertmanager. */
export async function silencesList(options: SilencesListOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const api = new ApiClient(io, options);
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries({ limit: options.limit, cursor: options.cursor }))
      if (value !== undefined) query.set(key, value);
    const own = await api.get(`/api/v1/silences?${query.toString()}`, SilenceList);
    const foreign =
      options.cursor === undefined ? (await api.get('/api/v1/silences?origin=alertmanager', SilenceList)).items : [];
    const items = [...own.items, ...foreign].filter(({ state }) => options.expired === true || state !== 'expired');
    if (options.json) outJson(io, { items, next_cursor: own.next_cursor });
    else for (const line of linesOf(items)) io.out(line);
    if (!options.json && own.next_cursor !== null) io.out(`… more: --cursor ${own.next_cursor}`);
    return 0;
  });
}

/** `fixpoint silences create`: holds back what all matchers match; prints the id, alone, so that it can be piped. */
export async function silencesCreate(options: SilencesCreateOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const api = new ApiClient(io, options);
    const matchers = options.matchers.map(matcherOf);
    const draft = draftOf(options, matchers, io);
    if (options.dryRun === true) {
      const shown = await api.post('/api/v1/silences/preview', { matchers }, SilencePreview);
      if (options.json) outJson(io, shown);
      else for (const line of previewLines(shown)) io.out(line);
      return 0;
    }
    const silence = await api.post('/api/v1/silences', draft, SilenceAnswer);
    if (options.json) outJson(io, silence);
    else {
      io.out(silence.silence_id);
      io.err(printable(`${silence.matchers.join(' ')} from ${silence.starts_at} until ${silence.ends_at}`));
    }
    return 0;
  });
}

/** `fixpoint silences expire`: what they hold is decided again at once. */
export async function silencesExpire(options: SilencesExpireOptions, io: CliIo): Promise<ExitCode> {
  return perform(io, async () => {
    const api = new ApiClient(io, options);
    const ended: SilenceAnswer[] = [];
    for (const silence_id of options.silence_ids)
      ended.push(await api.delete(`/api/v1/silences/${encodeURIComponent(silence_id)}`, SilenceAnswer));
    if (options.json) outJson(io, ended);
    else for (const { silence_id } of ended) io.out(`silence ${silence_id} has ended`);
    return 0;
  });
}

/** As amtool does: a word without an operator is the name of an alert. */
function matcherOf(text: string): string {
  return /[=~]/.test(text) ? text : writeMatcher('alertname', '=', text);
}

/** Refused here with the words of the API, before anything is asked. */
function draftOf(options: SilencesCreateOptions, matchers: readonly string[], io: CliIo): unknown {
  const { author, comment, start, end, duration, replace } = options;
  const draft = {
    matchers,
    comment: comment ?? '',
    ...(author === undefined ? {} : { created_by: author }),
    ...(start === undefined ? {} : { starts_at: whenOf(start, io) }),
    ...(end === undefined ? { duration: duration ?? DEFAULT_DURATION } : { ends_at: whenOf(end, io) }),
    ...(end !== undefined && duration !== undefined ? { duration } : {}),
    ...(replace === undefined ? {} : { silence_id: replace }),
  };
  if (SilenceDraft.safeParse(draft).success || options.dryRun === true) return draft;
  const problems = schemaProblems(SilenceDraft, draft);
  throw new UsageError(problems.map(({ path, message }) => `${formatPath(path)}: ${message}`).join('\n'));
}

/** An instant as it is, a duration as that long from now. */
function whenOf(text: string, io: CliIo): string {
  const ms = parseDuration(text);
  return ms === null ? text : instant(io.clock.now() + ms);
}

function linesOf(silences: readonly SilenceAnswer[]): string[] {
  if (silences.length === 0) return ['no silences'];
  const rows = silences.map((silence) => [
    silence.silence_id,
    silence.origin === 'alertmanager' ? `${silence.state} (Alertmanager)` : silence.state,
    silence.matchers.join(' '),
    silence.ends_at.slice(0, 19),
    silence.created_by,
    silence.comment,
  ]);
  return tableLines(['silence', 'state', 'matchers', 'ends (UTC)', 'by', 'comment'], rows);
}

function previewLines({ items, count, complete }: SilencePreview): string[] {
  if (count === 0) return ['it would hold none of the alerts that fire now'];
  const rows = items.map((alert) => [alert.alert_id, alert.alert_name, alert.severity, alert.service_name ?? '']);
  const more = count > items.length ? [`… and ${count - items.length} more`] : [];
  const note = complete ? [] : ['more alerts fire than were looked at'];
  return [...tableLines(['alert', 'name', 'severity', 'service'], rows), ...more, ...note];
}
