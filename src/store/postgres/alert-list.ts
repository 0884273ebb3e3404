import { deepFilter, exactName, textsWithin } from '../../domain/decision/alert-filter.js';
import type { DeepFilter } from '../../domain/decision/alert-filter.js';
import type { AlertFilter, StoredAlert } from '../../domain/decision/alert-view.js';
import type { Page, PageRequest } from '../../domain/page.js';
import type { Db } from '../db.js';
import type { AlertColumns, Repeat, RepeatColumns } from './alert-rows.js';
import { expand, stored, whole } from './alert-rows.js';
import { AFTER_ALL, ID_SLACK_MS, checkCursor, Conditions } from './page.js';
import { idFrom } from '../../domain/ulid-time.js';

/** How many alerts one page looks at, at most: by their columns, and where their documents have to be read. */
const MAX_LOOKED_AT = 100_000;
const MAX_READ = 10_000;
const STEP = 5_000;
const DEEP_STEP = 1_000;
/** Rows of repeats that are looked at at once, and at most; each holds the repeats of one delivery. */
const REPEAT_STEP = 100;
const MAX_REPEAT_ROWS = 2_000;

/** What was found, newest first, and down to which id nothing was left out; null: to the end. */
interface Found {
  readonly alerts: readonly StoredAlert[];
  readonly down_to: string | null;
}

interface Search {
  readonly db: Db;
  readonly filter: AlertFilter;
  readonly deep: DeepFilter | null;
  /** What stands in the document of each alert that is looked for: the database leaves the others out, which is much less work than reading them. */
  readonly within: readonly string[];
  readonly cursor: string;
  readonly floor: string;
  readonly limit: number;
}

/**
 * One page of alerts, and of repeats that were kept as one line. It looks at so many alerts and no more, however many there are: where few match, a page
 * holds fewer than were asked for, perhaps none, and its cursor leads on.
 */
export async function listAlerts(db: Db, filter: AlertFilter, page: PageRequest): Promise<Page<StoredAlert>> {
  const search: Search = {
    db,
    filter,
    deep: deepFilter(filter),
    within: textsWithin(filter),
    cursor: lower(checkCursor(page), ceilingOf(filter)),
    floor: filter.alert_id ?? (filter.since === undefined ? '' : idFrom(filter.since, -ID_SLACK_MS)),
    limit: page.limit + 1,
  };
  const parts = [await searchAlerts(search), await searchRepeats(search)];
  const down_to = parts.reduce((highest, part) => higher(highest, part.down_to ?? ''), '');
  const all = parts
    .flatMap((part) => part.alerts)
    .filter(({ alert_id }) => alert_id >= down_to)
    .sort((a, b) => (a.alert_id < b.alert_id ? 1 : -1));
  const items = all.slice(0, page.limit);
  const last = items.at(-1);
  if (all.length > page.limit && last) return { items, next_cursor: last.alert_id };
  return { items, next_cursor: down_to === '' ? null : down_to };
}

async function searchAlerts(search: Search): Promise<Found> {
  const { db, filter, deep, limit } = search;
  const isBounded = deep !== null || isFiltered(filter);
  // Where nothing is left out the first rows are the page; a run's alerts have an index of their own.
  if (!isBounded || (deep === null && filter.run_id !== undefined)) {
    const rows = await queryAlerts(search, search.cursor, search.floor, limit);
    return { alerts: rows.slice(0, limit), down_to: rows.length < limit ? null : (rows.at(-1)?.alert_id ?? null) };
  }
  const alerts: StoredAlert[] = [];
  const step = deep !== null && search.within.length === 0 ? DEEP_STEP : STEP;
  let above = search.cursor;
  let read = 0;
  for (let looked = 0; looked < MAX_LOOKED_AT && read < MAX_READ; looked += step) {
    // Without the floor: a database that knows nothing of the table would rather read and sort all that is between the two (100,000: 300 ms).
    const [edge] = await db.query<{ alert_id: string }>({
      text: 'select alert_id from alerts where alert_id < $1 order by alert_id desc offset $2 limit 1',
      values: [above, step - 1],
    });
    const isLast = edge === undefined || edge.alert_id <= search.floor;
    const below = isLast ? search.floor : edge.alert_id;
    const most = deep ? DEEP_STEP : limit - alerts.length;
    const rows = await queryAlerts(search, above, below, most);
    if (deep) read += rows.length;
    alerts.push(...(deep ? rows.filter(deep) : rows));
    if (alerts.length >= limit) {
      const kept = alerts.slice(0, limit);
      return { alerts: kept, down_to: kept.at(-1)?.alert_id ?? null };
    }
    // So many are read at once; what lies below the last of them has not been looked at.
    const isCut = rows.length === most;
    if (isLast && !isCut) return { alerts, down_to: null };
    above = isCut ? (rows.at(-1)?.alert_id ?? below) : below;
  }
  return { alerts, down_to: above };
}

/** Whether anything but the time is asked. */
function isFiltered({ since: _since, until: _until, ...filter }: AlertFilter): boolean {
  return Object.values(filter).some((value) => value !== undefined);
}

async function queryAlerts(
  { db, filter, within }: Search,
  above: string,
  below: string,
  limit: number,
): Promise<StoredAlert[]> {
  const conditions = new Conditions()
    .add('alert_id < $', above)
    .add('alert_id >= $', below)
    .add('source_system = $', filter.source_system)
    .add('alert_name = $', exactName(filter.alert_name))
    .add('service_name = $', exactName(filter.service_name))
    .add('severity = $', filter.severity)
    .add('status = $', filter.status)
    .add('fingerprint = $', filter.fingerprint)
    .add('action = $', filter.action)
    .add('reason = $', filter.reason)
    .add('run_id = $', filter.run_id)
    .add('received_at >= $', filter.since)
    .add('received_at < $', filter.until);
  for (const text of within) conditions.add('position($::text in doc::text) > 0', `"${text}"`);
  const rows = await db.query<AlertColumns>({
    text: `select alert_id, doc, decisions from alerts ${conditions.where} order by alert_id desc limit ${conditions.param(limit)}`,
    values: conditions.values,
  });
  return rows.map(stored);
}

async function searchRepeats(search: Search): Promise<Found> {
  const { db, filter, cursor, floor, limit } = search;
  if (filter.action !== undefined && filter.action !== 'drop' && filter.action !== 'hold')
    return { alerts: [], down_to: null };
  const alerts: StoredAlert[] = [];
  let above = cursor;
  for (let looked = 0; looked < MAX_REPEAT_ROWS; looked += REPEAT_STEP) {
    const conditions = new Conditions()
      .add('first_id < $', above)
      // The repeats of a delivery whose first one is older may be younger by as much as a delivery has alerts.
      .add('first_id >= $', floor)
      .add('received_at >= $', filter.since)
      .add('received_at < $', filter.until);
    const rows = await db.query<RepeatColumns>({
      text: `select first_id, received_at, items from repeats ${conditions.where} order by first_id desc limit ${conditions.param(REPEAT_STEP)}`,
      values: conditions.values,
    });
    alerts.push(...(await matchingRepeats(search, rows, limit - alerts.length)));
    const last = rows.at(-1);
    if (alerts.length >= limit) return { alerts, down_to: alerts.at(-1)?.alert_id ?? null };
    if (rows.length < REPEAT_STEP || !last) return { alerts, down_to: null };
    above = last.first_id;
  }
  return { alerts, down_to: above };
}

async function matchingRepeats(
  { db, filter, deep, cursor }: Search,
  rows: readonly RepeatColumns[],
  limit: number,
): Promise<StoredAlert[]> {
  const wanted = rows
    .flatMap(expand)
    .filter((repeat) => repeat.alert_id < cursor && mayMatch(repeat, filter))
    .sort((a, b) => (a.alert_id < b.alert_id ? 1 : -1));
  const found: StoredAlert[] = [];
  for (let from = 0; from < wanted.length && found.length < limit; from += 500) {
    const alerts = await whole(db, wanted.slice(from, from + 500));
    found.push(...alerts.filter((alert) => fits(alert, filter) && (deep === null || deep(alert))));
  }
  return found.slice(0, limit);
}

function mayMatch({ item }: Repeat, filter: AlertFilter): boolean {
  if (filter.reason !== undefined && item[2] !== filter.reason) return false;
  if (filter.action !== undefined && (item[4] ? 'hold' : 'drop') !== filter.action) return false;
  return filter.run_id === undefined || item[3] === filter.run_id;
}

function fits(alert: StoredAlert, filter: AlertFilter): boolean {
  const exact = {
    source_system: filter.source_system,
    alert_name: exactName(filter.alert_name),
    service_name: exactName(filter.service_name),
    severity: filter.severity,
    status: filter.status,
    fingerprint: filter.fingerprint,
  };
  return (Object.keys(exact) as (keyof typeof exact)[]).every(
    (field) => exact[field] === undefined || exact[field] === alert[field],
  ); // the keys of an object that is written out above
}

/** Below what the ids of all that a filter finds are; null where it does not say. */
function ceilingOf({ alert_id, until }: AlertFilter): string | null {
  if (alert_id !== undefined) return `${alert_id}${AFTER_ALL}`;
  return until === undefined ? null : idFrom(until, ID_SLACK_MS);
}

function lower(cursor: string | null, until: string | null): string {
  const one = cursor ?? AFTER_ALL;
  const other = until ?? AFTER_ALL;
  return one < other ? one : other;
}

function higher(one: string, other: string): string {
  return one > other ? one : other;
}
