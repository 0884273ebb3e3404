import type { Clock } from '../../domain/clock.js';
import { sleep } from '../../domain/clock.js';
import type { PruneCounts, Retention, RetentionLimit, RetentionPolicy } from '../../domain/retention.js';
import type { Db } from '../db.js';
import { pruneLimits } from './prune-limits.js';
import { removeIncidents } from './incident-retention.js';
import { createPayloadRetention } from './payload-retention.js';
import { pruneSessions } from './sessions.js';
import { AFTER_ALL } from './page.js';

/** Rows looked at in one statement. The embedded database answers nothing else meanwhile (measured: 200 alerts take 10 to 15 ms). */
const BATCH = { embedded: 200, postgres: 1_000 } as const;
/** Others come first: so long nothing is removed after each batch. */
const PAUSE_MS = 50;
/** Changes of runs that one statement removes; a run that has more goes alone. */
const MAX_CHANGES = { embedded: 400, postgres: 2_000 } as const;
/** Ids counted in one statement when a number of rows is the limit. */
const COUNTED = 5_000;
/** When counting took more steps than this, it is not done in every pass: an idle service with a million alerts should be idle. */
const CHEAP_COUNTS = 4;
const COUNT_AGAIN_MS = 3_600_000;
/** A storm must not push out what a redelivery is recognised by: however many alerts there are, those of the last hour stay. */
const SAFE_FROM_COUNT_MS = 3_600_000;

/** Forgets what is old, in Postgres. */
export function createRetention(db: Db, clock: Clock): Retention {
  let countsFrom = 0;
  const prunePayloads = createPayloadRetention(db);
  return {
    takeTurn: async (now, last_before) => {
      const rows = await db.query({
        // A turn that is said to be in the future was taken by a clock that went wrong: it must not stop pruning until then.
        text: `insert into settings (name, value) values ('retention', json_build_object('begun_at', $1::text))
          on conflict (name) do update set value = excluded.value
          where (settings.value ->> 'begun_at')::timestamptz <= $2
            or (settings.value ->> 'begun_at')::timestamptz > $1::text::timestamptz + interval '1 hour'
          returning 1`,
        values: [now, last_before],
      });
      return rows.length === 1;
    },
    prune: async (policy, now, signal) => {
      const pass = { db, clock, signal, now: Date.parse(now), counts: Date.parse(now) >= countsFrom, counted: 0 };
      const removed = {
        ...(await prune(pass, policy)),
        payloads: policy.payloads ? await prunePayloads(resting(pass), policy.payloads) : 0,
      };
      if (pass.counted > CHEAP_COUNTS) countsFrom = pass.now + COUNT_AGAIN_MS;
      return removed;
    },
  };
}

interface Pass {
  readonly db: Db;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly now: number;
  /** Whether limits by number are looked at, and how many steps that has taken. */
  readonly counts: boolean;
  counted: number;
}

/** A table whose rows are removed from the oldest on. Its ids sort by time. */
interface Aging {
  readonly table: 'alerts' | 'repeats' | 'runs' | 'dead_letters' | 'audit';
  readonly id: string;
  readonly at: string;
  /** What keeps an old row, as a condition that its table's name stands in. */
  readonly unless: string;
}

/** Rows from before an instant go, and so do rows whose ids are below one, if they are from before `safe`. */
interface Cutoff {
  readonly before: string;
  readonly below: string;
  readonly safe: string;
}

/** A cutoff as SQL on one row; `$2` to `$4` are what `cutoffValues` answers. */
function goes(id: string, at: string): string {
  return `(${at} < $2 or (${id} < $3 and ${at} < $4))`;
}

function cutoffValues({ before, below, safe }: Cutoff): string[] {
  return [before, below, safe];
}

/**
 * Ids are looked up as arrays wherever several are meant: with a join, a database that knows nothing of the tables yet (the embedded one never
 * does) would rather read them whole.
 */
function idsIn(json: string): string {
  return `array(select named.id collate "C" from json_array_elements_text(case json_typeof(${json}) when 'array' then ${json} else '[]' end) as named (id))`;
}

const ALERTS: Aging = {
  table: 'alerts',
  id: 'alert_id',
  at: 'received_at',
  // Undecided or held; of an open run; of the occurrence that is open now.
  unless: `alerts.due_at is not null
    or exists (select from runs where runs.open and runs.run_id = alerts.run_id collate "C")
    or exists (select from runs where runs.open and runs.run_id = any(${idsIn("alerts.decisions -> -1 -> 'run_ids'")}))
    or exists (select from occurrences where occurrences.open
      and occurrences.key = (alerts.source_system || ' ' || (alerts.doc ->> 'occurrence_id')) collate "C"
      and occurrences.alert_id collate "C" <= alerts.alert_id)`,
};
const REPEATS: Aging = { table: 'repeats', id: 'first_id', at: 'received_at', unless: 'false' };
const DEAD_LETTERS: Aging = { table: 'dead_letters', id: 'dead_letter_id', at: 'received_at', unless: 'false' };
const AUDIT: Aging = { table: 'audit', id: 'audit_id', at: 'at', unless: 'false' };

/** An alert that still fires is looked up together with what was done about it; and what is to be sent needs its run. */
const RUNS: Aging = {
  table: 'runs',
  id: 'run_id',
  at: 'coalesce(finished_at, created_at)',
  unless: `runs.open
    or exists (select from outbox where outbox.outbox_id > runs.run_id || ':' and outbox.outbox_id < runs.run_id || ';' and outbox.next_at is not null)
    or exists (select from occurrences where occurrences.open and occurrences.run_id = runs.run_id collate "default")
    or exists (select from occurrences where occurrences.open
      and json_array_length(occurrences.run_ids) > 1 and occurrences.run_ids::jsonb @> to_jsonb(runs.run_id))`,
};

async function prune(pass: Pass, policy: RetentionPolicy): Promise<Omit<PruneCounts, 'payloads'>> {
  const safe = new Date(pass.now - SAFE_FROM_COUNT_MS).toISOString();
  const alertsCut = await cutoff(pass, ALERTS, policy.alerts, safe);
  const { below } = await cutoff(pass, REPEATS, policy.alerts, safe);
  const repeatsCut = { ...alertsCut, below: below > alertsCut.below ? below : alertsCut.below };
  // Repeats before what they repeat, so that there is no moment in which one cannot be put together.
  const repeats = await pruneTable(pass, REPEATS, repeatsCut);
  const occurrences = await pruneOccurrences(pass, alertsCut);
  const alerts = await pruneAlerts(pass, alertsCut);
  const runs = await pruneRuns(pass, await cutoff(pass, RUNS, policy.runs));
  const dead_letters = await pruneTable(pass, DEAD_LETTERS, await cutoff(pass, DEAD_LETTERS, policy.dead_letters));
  const incidents = await pruneIncidents(pass, alertsCut);
  const audit = await pruneTable(pass, AUDIT, await cutoff(pass, AUDIT, policy.audit));
  await pruneLimits(pass.db, pass.now);
  await pruneSessions(pass.db, new Date(pass.now).toISOString());
  return { alerts, repeats, occurrences, runs, incidents, dead_letters, audit };
}

async function cutoff(pass: Pass, aging: Aging, limit: RetentionLimit, safe = 'infinity'): Promise<Cutoff> {
  const { max_age_ms, max_count } = limit;
  return {
    before: max_age_ms === null ? '-infinity' : new Date(pass.now - max_age_ms).toISOString(),
    below: max_count === null || !pass.counts ? '' : await idOfPlace(pass, aging, max_count),
    safe,
  };
}

function removesNothing({ before, below }: Cutoff): boolean {
  return before === '-infinity' && below === '';
}

/** The id of the `place`th newest row; empty when there are not as many. Counted in steps: a table may have millions. */
async function idOfPlace(pass: Pass, { table, id }: Aging, place: number): Promise<string> {
  let last = AFTER_ALL;
  for (let left = place; left > 0;) {
    if (pass.signal.aborted) return '';
    const step = Math.min(left, COUNTED);
    pass.counted += 1;
    const [row] = await pass.db.query<{ count: number; last: string | null }>({
      text: `select count(*) as count, min(id) as last from (select ${id} as id from ${table} where ${id} < $1 order by ${id} desc limit $2) as newest`,
      values: [last, step],
    });
    if (!row || row.last === null || row.count < step) return '';
    last = row.last;
    left -= step;
    if (left > 0) await pause(pass);
  }
  return last;
}

function pause({ clock, signal }: Pass): Promise<void> {
  return sleep(clock, PAUSE_MS, signal);
}

function resting(pass: Pass): { now: number; pause: () => Promise<boolean> } {
  return { now: pass.now, pause: () => pause(pass).then(() => !pass.signal.aborted) };
}

/** Goes through the rows from the oldest on, until all of a page are young enough to stay. */
async function pruneTable(pass: Pass, aging: Aging, cut: Cutoff): Promise<number> {
  if (removesNothing(cut)) return 0;
  const { table, id, at, unless } = aging;
  // Locked in one order and without waiting, so that two processes that do this at once only share it out.
  const text = `with page as (select ${id} as id, ${at} as at from ${table} where ${id} > $1 order by ${id} limit $5),
      old as (select ${id} as id from ${table} where ${id} = any(array(select id from page))
        and ${goes(id, at)} and not (${unless}) order by ${id} for update skip locked),
      gone as (delete from ${table} where ${id} = any(array(select id from old)) returning 1)
    select max(id) as last, count(*) filter (where ${goes('id', 'at')}) as old, (select count(*) from gone) as gone from page`;
  let removed = 0;
  for (let from = ''; !pass.signal.aborted; await pause(pass)) {
    const [row] = await pass.db.query<{ last: string | null; old: number; gone: number }>({
      text,
      values: [from, ...cutoffValues(cut), BATCH[pass.db.kind]],
    });
    if (!row || row.last === null || row.old === 0) break;
    removed += row.gone;
    from = row.last;
  }
  return removed;
}

/** Alerts whose successor has not been met yet, at most; more are settled without it. */
const MAX_LAST_WORDS = 100_000;

/**
 * Repeats are lines that are nothing without the alert that they repeat. They end with the next alert of the same condition, which says
 * something new: an alert goes when that one is old too, or when its condition has long been forgotten. An index that finds the next one
 * would cost every alert a third more to write; going through all that is old, in order, meets it anyway.
 */
async function pruneAlerts(pass: Pass, cut: Cutoff): Promise<number> {
  if (removesNothing(cut)) return 0;
  const text = `select alert_id, md5(source_system || ' ' || fingerprint) as condition, status = 'firing' as firing,
      ${goes('alert_id', 'received_at')} as old
    from alerts where alert_id > $1 order by alert_id limit $5`;
  /** By condition, the last firing of it that was met. */
  const lastWords = new Map<string, string>();
  let removed = 0;
  for (let from = ''; !pass.signal.aborted; await pause(pass)) {
    const page = await pass.db.query<{ alert_id: string; condition: string; firing: boolean; old: boolean }>({
      text,
      values: [from, ...cutoffValues(cut), BATCH[pass.db.kind]],
    });
    const last = page.at(-1);
    if (!last || !page.some((row) => row.old)) break;
    const going: string[] = [];
    for (const { alert_id, condition, firing, old } of page) {
      if (!old) continue;
      const before = lastWords.get(condition);
      if (before !== undefined) going.push(before);
      if (firing) lastWords.set(condition, alert_id);
      else lastWords.delete(condition);
      if (!firing) going.push(alert_id);
    }
    removed += await removeAlerts(pass, cut, going, 'false');
    if (lastWords.size > MAX_LAST_WORDS) removed += await removeLastWords(pass, cut, lastWords);
    from = last.alert_id;
  }
  return removed + (await removeLastWords(pass, cut, lastWords));
}

/** What was said last of a condition before everything else of it is young: it stays while its occurrence, or a later one, is known. */
async function removeLastWords(pass: Pass, cut: Cutoff, lastWords: Map<string, string>): Promise<number> {
  const known = `exists (select from occurrences
    where occurrences.key = (alerts.source_system || ' ' || (alerts.doc ->> 'occurrence_id')) collate "C")`;
  const ids = [...lastWords.values()];
  lastWords.clear();
  let removed = 0;
  for (let at = 0; at < ids.length && !pass.signal.aborted; at += BATCH[pass.db.kind]) {
    removed += await removeAlerts(pass, cut, ids.slice(at, at + BATCH[pass.db.kind]), known);
    await pause(pass);
  }
  return removed;
}

async function removeAlerts(pass: Pass, cut: Cutoff, ids: readonly string[], unless: string): Promise<number> {
  if (ids.length === 0) return 0;
  const rows = await pass.db.query({
    text: `with old as (select alert_id from alerts where alert_id = any($1::text[]) and ${goes('alert_id', 'received_at')}
        and not (${ALERTS.unless}) and not (${unless}) order by alert_id for update of alerts skip locked)
      delete from alerts where alert_id = any(array(select alert_id from old)) returning 1`,
    values: [ids, ...cutoffValues(cut)],
  });
  return rows.length;
}

/** An ended occurrence is what late firings are recognised by: it stays as long as alerts do. */
async function pruneOccurrences(pass: Pass, cut: Cutoff): Promise<number> {
  const before = await instantOf(pass, cut);
  if (before === '-infinity') return 0;
  let removed = 0;
  for (; !pass.signal.aborted; await pause(pass)) {
    const rows = await pass.db.query({
      text: `with ended as (select key from occurrences where not open and resolved_at < $1
            and not exists (select from runs where runs.open and runs.run_id = occurrences.run_id collate "C")
            and not exists (select from runs where runs.open and runs.run_id = any(${idsIn('occurrences.run_ids')}))
          order by resolved_at limit $2 for update of occurrences skip locked)
        delete from occurrences where key = any(array(select key from ended)) returning 1`,
      values: [before, BATCH[pass.db.kind]],
    });
    removed += rows.length;
    if (rows.length < BATCH[pass.db.kind]) break;
  }
  return removed;
}

/** What has been resolved for as long as alerts are kept goes with them. */
async function pruneIncidents(pass: Pass, cut: Cutoff): Promise<number> {
  const before = await instantOf(pass, cut);
  if (before === '-infinity') return 0;
  let removed = 0;
  for (; !pass.signal.aborted; await pause(pass)) {
    const batch = await removeIncidents(pass.db, before);
    removed += batch.removed;
    if (!batch.more) break;
  }
  return removed;
}

/** A cutoff of alerts as one instant. */
async function instantOf(pass: Pass, { before, below, safe }: Cutoff): Promise<string> {
  if (below === '') return before;
  const [row] = await pass.db.query<{ received_at: string }>({
    text: 'select received_at from alerts where alert_id = $1',
    values: [below],
  });
  const oldestKept = row === undefined || row.received_at > safe ? safe : row.received_at;
  return before === '-infinity' || oldestKept > before ? oldestKept : before;
}

async function pruneRuns(pass: Pass, cut: Cutoff): Promise<number> {
  if (removesNothing(cut)) return 0;
  const { at, unless } = RUNS;
  const text = `select run_id, ${goes('run_id', 'created_at')} as begun_before,
      case when ${goes('run_id', at)} and not (${unless})
        then (select count(*) from run_changes where run_changes.run_id = runs.run_id) end as changes
    from runs where run_id > $1 order by run_id limit $5`;
  let removed = 0;
  for (let from = ''; !pass.signal.aborted; await pause(pass)) {
    const page = await pass.db.query<{ run_id: string; begun_before: boolean; changes: number | null }>({
      text,
      values: [from, ...cutoffValues(cut), BATCH[pass.db.kind]],
    });
    const last = page.at(-1);
    // Beginnings are in order, ends are not.
    if (!last || !page.some((run) => run.begun_before)) break;
    for (const group of groupsOf(page, MAX_CHANGES[pass.db.kind])) {
      if (pass.signal.aborted) break;
      removed += await removeRuns(pass.db, group);
      await pause(pass);
    }
    from = last.run_id;
  }
  return removed;
}

/** Runs that may go, in groups that one statement removes quickly. */
function groupsOf(
  page: readonly { readonly run_id: string; readonly changes: number | null }[],
  most: number,
): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const { run_id, changes } of page) {
    if (changes === null) continue;
    const current = groups.at(-1);
    if (current && changes <= room) current.push(run_id);
    else {
      groups.push([run_id]);
      room = most;
    }
    room -= changes;
  }
  return groups;
}

/** A run goes with all that belongs to it, at once: half of its events would be another run. */
async function removeRuns(db: Db, run_ids: readonly string[]): Promise<number> {
  // Asked again under the lock: it may have been tried again since.
  const [row] = await db.query<{ gone: number }>({
    text: `with old as (select run_id from runs where run_id = any($1::text[]) and not open order by run_id for update skip locked),
        changes as (delete from run_changes where run_id = any(array(select run_id from old))),
        answers as (delete from approvals where run_id = any(array(select run_id from old))),
        sent as (delete from deliveries where run_id = any(array(select run_id from old))),
        notices as (delete from outbox where outbox_id = any(array(select notice.outbox_id from old, lateral (
          select outbox_id from outbox where outbox_id > old.run_id || ':' and outbox_id < old.run_id || ';') as notice))),
        gone as (delete from runs where run_id = any(array(select run_id from old)) returning 1)
      select count(*) as gone from gone`,
    values: [run_ids],
  });
  return row?.gone ?? 0;
}
