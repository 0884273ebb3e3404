import type { Ids } from '../../domain/id.js';
import { instant } from '../../domain/clock.js';
import { incidentAt } from '../../domain/incident/incident-change.js';
import { IncidentBook } from '../../domain/incident/incident-book.js';
import { nearKeys } from '../../domain/incident/incident-keys.js';
import { obey } from '../../domain/incident/incident-command.js';
import type { IncidentCommand } from '../../domain/incident/incident.js';
import type { FoundIncident, IncidentKey, Member } from '../../domain/incident/incident-member.js';
import { spanMs } from '../../domain/incident/incident-rules.js';
import type { IncidentRules } from '../../domain/incident/incident-rules.js';
import type { IncidentRound, IncidentStore } from '../../domain/incident/incident-store.js';
import type { Db, Queryable } from '../db.js';
import type { Glance } from './glance.js';
import { serviceKey } from './incident-key.js';
import { incidentsOfKeys, readIncidents, readMembers, writeBook } from './incident-rows.js';
import { markTold, readDue } from './incident-sightings.js';
import { createIncidentView } from './incident-view.js';
import { addNotice } from './outbox.js';

/** Occurrences taken in at once. The embedded database answers nothing else meanwhile. */
const AT_ONCE = { embedded: 100, postgres: 500 } as const;
/** Incidents looked at in one round because something is to be told of them. */
const NEWS_AT_ONCE = 200;
/** An incident whose services lead to others, and those to others again: so far they are followed in one change. */
const MAX_STEPS = 10;
const CONNECT_AT_ONCE = 5_000;

/** Incidents in Postgres. */
export function createIncidentStore(db: Db, ids: Ids, glance: Glance): IncidentStore {
  let last: Promise<unknown> = Promise.resolve();
  /** Whoever waits for the lock holds a connection: of this process, one does. */
  function inTurn<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const turn = last.then(() => db.transaction(work));
    last = turn.catch(() => undefined);
    return turn;
  }
  return {
    pending: async (now) => (await glance.look({ now })).incidents,
    follow: (rules, now) => inTurn((tx) => follow(tx, ids, rules, now, AT_ONCE[db.kind])),
    connect: (rules, now) => inTurn((tx) => connect(tx, ids, rules, now)),
    act: (incident_id, command, rules, now) => inTurn((tx) => act(tx, ids, { incident_id, command, rules, now })),
    ...createIncidentView(db),
  };
}

/** Incidents change one after the other, whatever process changes them. */
async function lock(tx: Queryable): Promise<void> {
  await tx.query({ name: 'lock-incidents', text: 'select lock_id from incident_lock for update' });
}

async function follow(
  tx: Queryable,
  ids: Ids,
  rules: IncidentRules,
  now: string,
  limit: number,
): Promise<IncidentRound> {
  await lock(tx);
  const due = await readDue(tx, limit);
  const sightings = due.flatMap(({ sighting }) => (sighting === null ? [] : [sighting]));
  const occurrences = sightings.map(({ occurrence_key }) => occurrence_key);
  const members = await readMembers(
    tx,
    occurrences,
    sightings.map(({ alert_id }) => alert_id),
  );
  const news = await tx.query<{ incident_id: string }>({
    name: 'incidents-with-news',
    text: 'select incident_id from incidents where next_at <= $1 order by next_at limit $2',
    values: [now, NEWS_AT_ONCE],
  });
  const keys = sightings.filter(({ counts }) => counts !== 'none');
  const more = news.map(({ incident_id }) => incident_id);
  const book = await openBook(tx, ids, { rules, now, keys, members, more });
  more.forEach((incident_id) => book.touch(incident_id));
  for (const sighting of sightings) book.see(sighting);
  book.settle();
  await writeBook(tx, book, rules);
  const notices = await tell(tx, ids, book, rules, now);
  // Last: triage waits for these rows no longer than until the commit.
  await markTold(tx, due);
  const isFull = due.length === limit || news.length === NEWS_AT_ONCE;
  return { taken: due.length, more: isFull, timings: book.timings, notices };
}

/** All news of a round are one message. */
async function tell(tx: Queryable, ids: Ids, book: IncidentBook, rules: IncidentRules, now: string): Promise<number> {
  if (rules.compose === null || book.news.length === 0) return 0;
  await addNotice(tx, { ...rules.compose(book.news), notice_id: ids.next(), created_at: now });
  return 1;
}

async function connect(tx: Queryable, ids: Ids, rules: IncidentRules, now: string): Promise<void> {
  await lock(tx);
  const rows = await tx.query<{ incident_id: string }>({
    text: "select incident_id from incidents where state <> 'resolved' order by incident_id limit $1",
    values: [CONNECT_AT_ONCE],
  });
  const more = rows.map(({ incident_id }) => incident_id);
  const book = await openBook(tx, ids, { rules, now, keys: [], members: [], more });
  book.connect();
  await writeBook(tx, book, rules);
}

async function act(
  tx: Queryable,
  ids: Ids,
  asked: { incident_id: string; command: IncidentCommand; rules: IncidentRules; now: string },
): ReturnType<IncidentStore['act']> {
  const { incident_id, command, rules, now } = asked;
  await lock(tx);
  const book = await openBook(tx, ids, { rules, now, keys: [], members: [], more: [incident_id] });
  obey(book, incident_id, command, rules);
  await writeBook(tx, book, rules);
  return { incident: incidentAt(book.get(incident_id), now), timings: book.timings };
}

interface Concerned {
  readonly rules: IncidentRules;
  readonly now: string;
  /** Services and groups that are about to be written down. */
  readonly keys: readonly IncidentKey[];
  readonly members: readonly Member[];
  /** Incidents that are concerned whatever their services are. */
  readonly more: readonly string[];
}

/** Reads all incidents that a change can concern: those of its services, of what is connected with these, and so on. */
async function openBook(tx: Queryable, ids: Ids, concerned: Concerned): Promise<IncidentBook> {
  const { rules, now, members } = concerned;
  const since = instant(Date.parse(now) - spanMs(rules.config.reopen_within));
  const near = { rules, keyOf: serviceKey };
  const found = new Map<string, FoundIncident>();
  const asked = new Set<string>();
  let wanted = [...new Set([...members.map(({ incident_id }) => incident_id), ...concerned.more])];
  let keys = concerned.keys;
  for (let step = 0; step < MAX_STEPS; step++) {
    const fresh = [...new Set(keys.flatMap((key) => nearKeys(key, near)))].filter((key) => !asked.has(key));
    fresh.forEach((key) => asked.add(key));
    const ofKeys = await incidentsOfKeys(tx, fresh, since);
    wanted = [...new Set([...wanted, ...ofKeys])].filter((incident_id) => !found.has(incident_id));
    if (wanted.length === 0) break;
    const read = await readIncidents(tx, wanted);
    for (const incident of read) found.set(incident.record.incident_id, incident);
    keys = read.flatMap((incident) => incident.keys);
    wanted = [];
  }
  return new IncidentBook({
    rules,
    now,
    newId: () => ids.next(),
    keyOf: serviceKey,
    incidents: [...found.values()],
    members,
  });
}
