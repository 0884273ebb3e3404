import { counted } from '../counted.js';
import { FixpointError } from '../errors.js';
import type { IncidentEntryType } from './incident.js';
import type { IncidentTiming } from './incident-store.js';
import { spanMs } from './incident-rules.js';
import type { IncidentNews, IncidentRules } from './incident-rules.js';
import {
  addService,
  entryOf,
  firingCount,
  FIXPOINT,
  mergeRecords,
  newRecord,
  regrade,
  setClocks,
  worse,
} from './incident-change.js';
import type { IncidentRecord, NewEntry } from './incident-change.js';
import { nearKeys } from './incident-keys.js';
import { dueNews } from './incident-news.js';
import type { FoundIncident, IncidentKey, Member, Sighting } from './incident-member.js';

interface Held {
  readonly record: IncidentRecord;
  readonly keys: Map<string, IncidentKey>;
  isChanged: boolean;
  areKeysChanged: boolean;
  readonly isNew: boolean;
  /** An alert of it has ended since it was read. */
  hasEnded: boolean;
}

export interface BookOptions {
  readonly rules: IncidentRules;
  readonly now: string;
  readonly newId: () => string;
  /** The key of a service. */
  readonly keyOf: (service_name: string) => string;
  /** All that are open, or ended not long ago, for what is about to be written down and what is connected with it. */
  readonly incidents: readonly FoundIncident[];
  /** Those of the occurrences that are about to be written down. */
  readonly members: readonly Member[];
}

/** An incident has no more keys than this; further services are told in its alerts. */
const MAX_KEYS = 1_000;
const MAX_CONTENT_IDS = 20;

/**
 * The incidents that a few changes concern, as these leave them. It asks nobody and writes nothing: what is to be written is read from it in the
 * end. Whatever comes in, no two of its open incidents have connected services.
 */
export class IncidentBook {
  readonly #options: BookOptions;
  readonly #held = new Map<string, Held>();
  readonly #byKey = new Map<string, Set<Held>>();
  readonly #members = new Map<string, Map<string, Member>>();
  readonly #changedMembers = new Set<Member>();
  readonly entries: NewEntry[] = [];
  readonly merges: { readonly from: string; readonly into: string }[] = [];
  readonly runs = new Map<string, string>();
  readonly news: IncidentNews[] = [];
  readonly timings: IncidentTiming[] = [];

  constructor(options: BookOptions) {
    this.#options = options;
    for (const { record, keys } of options.incidents) this.#hold(record, keys);
    for (const member of options.members) this.#membersOf(member.occurrence_key).set(member.alert_id, member);
  }

  /** Incidents that have changed, each with its keys where those have changed too. */
  get changed(): { readonly record: IncidentRecord; readonly keys: readonly IncidentKey[] | null }[] {
    const all = [...this.#held.values()].filter((held) => held.isChanged);
    return all.map(({ record, keys, areKeysChanged }) => ({
      record,
      keys: areKeysChanged ? [...keys.values()] : null,
    }));
  }

  get changedMembers(): readonly Member[] {
    return [...this.#changedMembers];
  }

  /** Takes in what has become of one occurrence. The same again changes nothing. */
  see(sighting: Sighting): void {
    const known = this.#membersOf(sighting.occurrence_key);
    for (const member of known.values())
      if (member.alert_id !== sighting.alert_id && member.ended_at === null) this.#end(member);
    const member = known.get(sighting.alert_id) ?? this.#join(sighting);
    if (!member || (member.ended_at !== null && !this.#changedMembers.has(member))) return;
    const held = this.#held.get(member.incident_id);
    if (!held) return;
    this.#note(member, held, sighting);
    if (!sighting.open && member.ended_at === null) this.#end(member);
  }

  /** Closes what nothing fires in any more, and tells what is due. To be called when everything was taken in. */
  settle(): void {
    for (const held of this.#held.values()) {
      const { record } = held;
      if (held.hasEnded && record.state !== 'resolved' && firingCount(record) === 0)
        this.resolve(record.incident_id, null, 'its last alert has resolved');
    }
    for (const held of this.#held.values()) this.#tell(held);
  }

  /** Joins open incidents whose services are connected. */
  connect(): void {
    for (const held of this.#held.values()) if (held.record.state !== 'resolved') this.#absorb(held);
  }

  get(incident_id: string): IncidentRecord {
    return this.#of(incident_id).record;
  }

  /** Has the incident written anew: when something is to be told of it next may have changed with the rules. */
  touch(incident_id: string): void {
    this.#of(incident_id).isChanged = true;
  }

  /** Adds a line to a timeline, and so marks the incident as changed. Answers false where the timeline is full. */
  enter(incident_id: string, type: IncidentEntryType, who: string, message: string): boolean {
    const held = this.#of(incident_id);
    held.isChanged = true;
    const entry = entryOf(held.record, { at: this.#options.now, type, who, message });
    if (entry) this.entries.push(entry);
    return entry !== null;
  }

  /** Ends an incident: by a person, or by itself (`by` null). */
  resolve(incident_id: string, by: string | null, why: string): void {
    const held = this.#of(incident_id);
    const { record } = held;
    record.state = 'resolved';
    record.resolved_at = latest(this.#options.now, record.counted_from);
    record.resolved_by = by;
    held.areKeysChanged = true;
    this.enter(incident_id, 'resolved', by ?? FIXPOINT, why);
    this.#time('resolved', record, record.resolved_at);
  }

  /** Opens an incident again, with its clocks from now on. What turns out to be connected with it by now becomes one with it. */
  reopen(incident_id: string, by: string | null, why: string): void {
    const held = this.#of(incident_id);
    const { record } = held;
    record.state = 'open';
    record.counted_from = this.#options.now;
    record.reopened_at = this.#options.now;
    record.reopen_count += 1;
    for (const field of ['resolved_at', 'resolved_by', 'acknowledged_at', 'acknowledged_by'] as const)
      record[field] = null;
    record.told = [];
    setClocks(record, this.#options.rules);
    held.areKeysChanged = true;
    this.enter(incident_id, 'reopened', by ?? FIXPOINT, why);
    this.#absorb(held);
  }

  /** A person has taken it. */
  acknowledge(incident_id: string, by: string, why: string): void {
    const { record } = this.#of(incident_id);
    record.state = 'acknowledged';
    record.acknowledged_at = latest(this.#options.now, record.counted_from);
    record.acknowledged_by = by;
    this.enter(incident_id, 'acknowledged', by, why);
    this.#time('acknowledged', record, record.acknowledged_at);
  }

  /** Open incidents of services that are connected with those of this one. */
  openNear(incident_id: string): string[] {
    const held = this.#of(incident_id);
    return this.#openNear([...held.keys.values()])
      .filter((other) => other !== held)
      .map((other) => other.record.incident_id);
  }

  #of(incident_id: string): Held {
    const held = this.#held.get(incident_id);
    if (!held) throw new FixpointError('not_found', `there is no incident ${incident_id}`);
    return held;
  }

  #hold(record: IncidentRecord, keys: readonly IncidentKey[], isNew = false): Held {
    const byKey = new Map(keys.map((key) => [key.key, key]));
    const held: Held = { record, keys: byKey, isNew, isChanged: false, areKeysChanged: false, hasEnded: false };
    this.#held.set(record.incident_id, held);
    for (const { key } of keys) this.#at(key).add(held);
    return held;
  }

  #at(key: string): Set<Held> {
    let found = this.#byKey.get(key);
    if (!found) this.#byKey.set(key, (found = new Set()));
    return found;
  }

  #membersOf(occurrence_key: string): Map<string, Member> {
    let found = this.#members.get(occurrence_key);
    if (!found) this.#members.set(occurrence_key, (found = new Map<string, Member>()));
    return found;
  }

  #join(sighting: Sighting): Member | null {
    const held = this.#incidentFor(sighting);
    if (!held) return null;
    const { record } = held;
    const { occurrence_key, alert_id, alert_name, service_name, severity, started_at, content_alert_id } = sighting;
    const member: Member = {
      occurrence_key,
      alert_id,
      incident_id: record.incident_id,
      alert_name,
      service_name,
      severity,
      started_at,
      joined_at: this.#options.now,
      ended_at: null,
      content_ids: [content_alert_id],
    };
    this.#membersOf(occurrence_key).set(alert_id, member);
    this.#changedMembers.add(member);
    record.alert_count += 1;
    record.firing[severity] += 1;
    held.isChanged = true;
    addService(record, service_name);
    return member;
  }

  /** What the occurrence says now: its severity, the runs that it has started. */
  #note(member: Member, held: Held, { severity, content_alert_id, run_ids }: Sighting): void {
    const { record } = held;
    if (member.severity !== severity && member.ended_at === null) {
      record.firing[member.severity] -= 1;
      record.firing[severity] += 1;
      member.severity = severity;
      held.isChanged = true;
      this.#changedMembers.add(member);
    }
    if (!member.content_ids.includes(content_alert_id)) {
      member.content_ids = [...member.content_ids, content_alert_id].slice(-MAX_CONTENT_IDS);
      this.#changedMembers.add(member);
    }
    record.severity = worse(record.severity, severity);
    for (const run_id of run_ids) this.runs.set(run_id, record.incident_id);
    this.#regrade(held);
  }

  #regrade({ record, isNew }: Held): void {
    const before = regrade(record, this.#options.rules);
    // What it begins with is no change.
    if (before !== null && !isNew)
      this.enter(record.incident_id, 'priority_changed', FIXPOINT, `${before} → ${record.priority}: ${whyOf(record)}`);
  }

  #end(member: Member): void {
    member.ended_at = this.#options.now;
    this.#changedMembers.add(member);
    const held = this.#held.get(member.incident_id);
    if (!held) return;
    held.record.firing[member.severity] -= 1;
    held.hasEnded = true;
    held.isChanged = true;
  }

  #incidentFor(sighting: Sighting): Held | null {
    if (sighting.counts === 'none') return null;
    const own: IncidentKey = { key: sighting.key, service_name: sighting.service_name };
    const [open] = this.#openNear([own]);
    if (open) return this.#withKey(open, own);
    if (sighting.counts === 'joins') return null;
    const ended = this.#endedNear(own);
    if (ended) {
      const why = `${sighting.alert_name} fires${sighting.service_name === null ? '' : ` on ${sighting.service_name}`}`;
      this.reopen(ended.record.incident_id, null, why);
      return this.#withKey(this.#survivor(ended), own);
    }
    const { rules, newId, now } = this.#options;
    const at = sighting.received_at < now ? sighting.received_at : now;
    const held = this.#hold(newRecord(newId(), sighting, at, rules), [], true);
    this.enter(held.record.incident_id, 'opened', FIXPOINT, `by alert ${sighting.alert_name} (${sighting.severity})`);
    return this.#withKey(held, own);
  }

  /** The incident with one more key, and with every open one that this connects it to. */
  #withKey(held: Held, own: IncidentKey): Held {
    if (!held.keys.has(own.key) && held.keys.size < MAX_KEYS) {
      held.keys.set(own.key, own);
      this.#at(own.key).add(held);
      held.areKeysChanged = true;
      held.isChanged = true;
    }
    this.#absorb(held, [own]);
    return this.#survivor(held);
  }

  #survivor(held: Held): Held {
    const { merged_into } = held.record;
    return merged_into === null ? held : this.#survivor(this.#of(merged_into));
  }

  /** Makes one out of this incident and all open ones that are connected by these keys: the oldest stays. */
  #absorb(held: Held, keys: readonly IncidentKey[] = [...held.keys.values()]): void {
    const all = new Set([held, ...this.#openNear(keys)]);
    const [oldest, ...younger] = [...all].sort(byAge);
    if (oldest) for (const other of younger) this.#merge(other, oldest);
  }

  #merge(from: Held, into: Held): void {
    const { record } = into;
    const gone = from.record;
    const taken = gone.acknowledged_by;
    mergeRecords(gone, record, this.#options.now);
    for (const [key, own] of from.keys) {
      into.keys.set(key, own);
      this.#at(key).delete(from);
      this.#at(key).add(into);
    }
    from.keys.clear();
    into.hasEnded ||= from.hasEnded;
    for (const held of [from, into]) held.isChanged = held.areKeysChanged = true;
    for (const known of this.#members.values())
      for (const member of known.values())
        if (member.incident_id === gone.incident_id) member.incident_id = record.incident_id;
    for (const [run_id, incident_id] of this.runs)
      if (incident_id === gone.incident_id) this.runs.set(run_id, record.incident_id);
    this.merges.push({ from: gone.incident_id, into: record.incident_id });
    this.enter(
      gone.incident_id,
      'merged',
      FIXPOINT,
      `into incident ${record.incident_id}: their services are connected`,
    );
    this.enter(
      record.incident_id,
      'merged',
      FIXPOINT,
      `with incident ${gone.incident_id}: their services are connected`,
    );
    // Whoever works at the part has begun to work at the whole.
    if (taken !== null && record.state === 'open')
      this.acknowledge(record.incident_id, taken, `taken with incident ${gone.incident_id}`);
    this.#regrade(into);
  }

  /** Open incidents that have one of these keys, or one of a connected service; the oldest first. */
  #openNear(keys: readonly IncidentKey[]): Held[] {
    const found = new Set<Held>();
    for (const key of keys)
      for (const near of nearKeys(key, this.#options))
        for (const held of this.#byKey.get(near) ?? []) if (held.record.state !== 'resolved') found.add(held);
    return [...found].sort(byAge);
  }

  /** What ended last, and so late that a new firing opens it again. */
  #endedNear(own: IncidentKey): Held | null {
    const { rules, now } = this.#options;
    const within_ms = spanMs(rules.config.reopen_within);
    const since = Date.parse(now) - within_ms;
    let found: Held | null = null;
    for (const near of nearKeys(own, this.#options))
      for (const held of this.#byKey.get(near) ?? []) {
        const { state, merged_into, resolved_at } = held.record;
        if (state !== 'resolved' || merged_into !== null || resolved_at === null) continue;
        if (within_ms === 0 || Date.parse(resolved_at) < since) continue;
        if (found === null || resolved_at > (found.record.resolved_at ?? '')) found = held;
      }
    return found;
  }

  #time(what: IncidentTiming['what'], record: IncidentRecord, at: string): void {
    const seconds = Math.max(0, Date.parse(at) - Date.parse(record.counted_from)) / 1_000;
    this.timings.push({ what, priority: record.priority, seconds });
  }

  #tell(held: Held): void {
    const { rules, now } = this.#options;
    const { incident_id, told } = held.record;
    const before = told.length;
    for (const { news, line } of dueNews(held.record, rules, now)) {
      if (line !== null) this.enter(incident_id, line.type, FIXPOINT, line.message);
      this.news.push(news);
    }
    held.isChanged ||= held.record.told.length !== before;
  }
}

function byAge(a: Held, b: Held): number {
  const [left, right] = [a.record, b.record];
  if (left.opened_at !== right.opened_at) return left.opened_at < right.opened_at ? -1 : 1;
  return left.incident_id < right.incident_id ? -1 : 1;
}

function latest(a: string, b: string): string {
  return a > b ? a : b;
}

function whyOf({ severity, service_names }: IncidentRecord): string {
  return `${severity}, ${counted(service_names.length, 'service')}`;
}
