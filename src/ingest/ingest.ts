import type { AlertStatus, ParsedAlert } from '../domain/alert/alert.js';
import { Alert } from '../domain/alert/alert.js';
import type { Bus } from '../domain/bus.js';
import type { Clock } from '../domain/clock.js';
import { instant } from '../domain/clock.js';
import type { ErrorDetail } from '../domain/errors.js';
import { FixpointError, sentenceOf } from '../domain/errors.js';
import type { Ids } from '../domain/id.js';
import { idOf } from '../domain/id.js';
import { notJson } from '../domain/json-place.js';
import type { ParsedPayload, RejectedItem, Source, SourceGate, SourceModule } from '../domain/source.js';
import type { DeadLetters } from '../domain/alert/dead-letter.js';
import { settleWithin } from '../domain/time-limit.js';
import type { IntakeWork } from './intake-entries.js';
import type { PayloadKeeper } from './payload-keeper.js';
import type { RoomLimits } from './room.js';
import { Room, ROOM } from './room.js';
import type { UnderstoodBody } from './repeats.js';
import { Repeats } from './repeats.js';

/** What intake tells about itself, for the metrics and the log. */
export interface IngestMeter {
  accepted(source: string, count: number): void;
  /** Items that became dead letters; a body that was no payload at all counts as one. */
  rejected(source: string, count: number): void;
  /** Something odd about a payload that was accepted all the same. */
  remark(source: string, text: string): void;
}

/** The answer to a webhook: what was made durable, in the body's order, and how many items became dead letters. */
export interface Accepted {
  readonly accepted: number;
  readonly alerts: readonly {
    readonly alert_id: string;
    readonly fingerprint: string;
    readonly status: AlertStatus;
  }[];
  readonly rejected: number;
}

export interface IngestParts {
  readonly sources: ReadonlyMap<string, Source>;
  /** Asked in their order by `acceptAny`; those without a source of that name are passed over. */
  readonly recognizers: readonly Pick<SourceModule, 'name' | 'recognizes'>[];
  readonly bus: Pick<Bus, 'publish'>;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  readonly ids: Pick<Ids, 'batch'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly meter: IngestMeter;
  /** By source: what its payloads pass before they are parsed. The body of a dead letter passed when it came. */
  readonly gates?: ReadonlyMap<string, Pick<SourceGate, 'pass'>>;
  /** What the configuration does to alerts before they are stored; absent: nothing. */
  readonly work?: IntakeWork | null;
  /** Hears of payloads that left alerts out, after what they held was stored. It must not throw. */
  readonly leftOut?: (source: string, left_out: unknown) => void;
  /** Keeps bodies for people to look at; absent: nobody does. */
  readonly payloads?: Pick<PayloadKeeper, 'offer'> | null;
  /** How much may be inside at once; as much as is reasonable unless set. */
  readonly room?: RoomLimits;
}

/**
 * Takes payloads in. All resolve only when every accepted alert is durable. They refuse with `not_found` (no such source), `invalid`
 * (nothing usable; the body is kept as a dead letter), `unavailable` (nothing durable can be promised now; send it again), and with what
 * the source's gate refuses with.
 */
export interface Ingest {
  /** `received_from` is who sent it, for whoever reads the dead letters. */
  accept(source: string, body: Uint8Array, received_from?: string): Promise<Accepted>;
  /** Tells the sources apart by the payload's shape. */
  acceptAny(body: Uint8Array, received_from?: string): Promise<Accepted>;
  /**
   * Takes the body of a dead letter once more; a `source` of null is told by the shape, and what a bus gave up is the alert itself. A body that
   * is refused again makes no second letter: the one that there is stays as it was. Items that are refused beside others that are taken become
   * letters of their own.
   */
  replay(source: string | null, body: Uint8Array, received_from: string): Promise<Accepted>;
  /** Throws `unavailable` when a body of so many bytes would be refused now: nobody needs to read it. */
  checkRoom(bytes: number): void;
}

/** What dead letters call a body that no source recognized. */
export const UNKNOWN_SOURCE = 'unknown';

/** What dead letters call what was given up on its way from intake to triage: alerts as they are kept, and messages that are none. */
export const BUS_SOURCES: ReadonlySet<string> = new Set(['bus', 'kafka']);

/** Rejected items beyond this many share one dead letter, so that one hostile body cannot cost thousands of writes. */
const MAX_LETTERS = 200;

const MAX_DETAILS = 100;

/**
 * How long a sender waits at most. What is stored later all the same is recognized when it is sent again; senders whose patience ends sooner
 * than ours would take no answer for one.
 */
const SETTLE_WITHIN_MS = 10_000;

/** A body on its way in. */
interface Intake {
  /** Null when the shape is to tell. */
  readonly asked: string | null;
  readonly body: Uint8Array;
  readonly received_from: string | null;
  readonly now: number;
  /** True for the body of a dead letter, which is kept already. */
  readonly kept: boolean;
  /** The alert that the body is, where it was taken in before. */
  readonly alert: Alert | null;
}

/** Of a body that comes in for the first time. */
const NEW = { kept: false, alert: null } as const;

/** What a dead letter says. */
interface Letter {
  readonly reason: string;
  readonly details: readonly ErrorDetail[];
  readonly body: Uint8Array;
}

/** The verb's front door: body → source → alerts with ids → bus, and dead letters for the rest. */
export function createIngest(parts: IngestParts): Ingest {
  return new Door(parts);
}

class Door implements Ingest {
  readonly #parts: IngestParts;
  readonly #repeats = new Repeats();
  readonly #utf8 = new TextDecoder();
  readonly #room: Room;

  constructor(parts: IngestParts) {
    this.#parts = parts;
    this.#room = new Room(parts.room ?? ROOM);
  }

  async accept(source: string, body: Uint8Array, received_from?: string): Promise<Accepted> {
    return this.#settle(this.#intake({ asked: source, body, received_from: received_from ?? null, ...NEW }));
  }

  async acceptAny(body: Uint8Array, received_from?: string): Promise<Accepted> {
    return this.#settle(this.#intake({ asked: null, body, received_from: received_from ?? null, ...NEW }));
  }

  async replay(source: string | null, body: Uint8Array, received_from: string): Promise<Accepted> {
    if (source === null || !BUS_SOURCES.has(source))
      return this.#settle(this.#intake({ asked: source, body, received_from, kept: true, alert: null }));
    const alert = this.#alertIn(body);
    // A message that is no alert may be what somebody put onto the bus by himself.
    if (!alert) return this.#settle(this.#intake({ asked: null, body, received_from, kept: true, alert }));
    return this.#settle({ asked: source, body, received_from, kept: true, alert, now: this.#parts.clock.now() });
  }

  checkRoom(bytes: number): void {
    this.#room.check(bytes);
  }

  /** Takes a body in, in the time that a sender can be kept waiting. Its room is given back when it is settled, not when it is answered. */
  async #settle(intake: Intake): Promise<Accepted> {
    const leave = this.#room.enter(intake.body.length);
    const work = this.#take(intake).finally(leave);
    return settleWithin(work, SETTLE_WITHIN_MS, this.#parts.clock, () => {
      const message = `it could not be stored within ${SETTLE_WITHIN_MS} ms; send it again`;
      return new FixpointError('unavailable', message);
    });
  }

  #intake(given: Omit<Intake, 'now'>): Intake {
    const { asked } = given;
    if (asked !== null && !this.#parts.sources.has(asked))
      throw new FixpointError('not_found', `no source ${asked.slice(0, 100)}; expected one of ${this.#names()}`);
    return { ...given, now: this.#parts.clock.now() };
  }

  async #take(intake: Intake): Promise<Accepted> {
    const { bus, ids, meter } = this.#parts;
    const understood = await this.#understand(intake);
    const { source, payload } = understood;
    for (const remark of payload.remarks) meter.remark(source, remark);
    const batch_id = ids.batch();
    const received_at = instant(intake.now);
    const alerts = payload.alerts.map((alert, index) => stamp(alert, idOf(batch_id, index), received_at));
    if (alerts.length > 0) await bus.publish({ batch_id, alerts, same_body: payload.alerts });
    meter.accepted(source, alerts.length);
    if (alerts.length > 0) this.#offer(understood, batch_id, intake);
    if (payload.left_out !== undefined) this.#parts.leftOut?.(source, payload.left_out);
    // After the bus: were it the other way round, a bus that is down would fill the dead letters at every retry of the sender.
    await this.#keepRejected(source, payload.rejected, intake);
    return {
      accepted: alerts.length,
      alerts: alerts.map(({ alert_id, fingerprint, status }) => ({ alert_id, fingerprint, status })),
      rejected: payload.rejected.length,
    };
  }

  /** What has come is kept beside what was promised, not as a part of it. */
  #offer(understood: UnderstoodBody, batch_id: string, { body, now, received_from }: Intake): void {
    const { source, payload } = understood;
    const [alerts, rejected] = [payload.alerts.length, payload.rejected.length];
    this.#parts.payloads?.offer({ understood, batch_id, source, now, received_from, alerts, rejected, body });
  }

  async #understand(intake: Intake): Promise<UnderstoodBody> {
    const { alert, asked } = intake;
    if (alert) return { source: asked ?? UNKNOWN_SOURCE, payload: { alerts: [alert], rejected: [], remarks: [] } };
    const key = this.#repeats.keyOf(intake.asked ?? '*', intake.body);
    const known = this.#repeats.find(key, intake.body);
    if (known) return known;
    const json = await this.#readJson(intake);
    const source = intake.asked ?? this.#recognize(json);
    const parser = source === null ? undefined : this.#parts.sources.get(source);
    if (source === null || parser === undefined) {
      const message = `expected a payload of one of ${this.#names()}; the shape fits none of them`;
      return this.#refuse(UNKNOWN_SOURCE, intake, [{ path: '', message }]);
    }
    const gate = intake.kept ? undefined : this.#parts.gates?.get(source);
    if (gate !== undefined) await gate.pass(json);
    const payload = parser.parse(json, intake.now);
    if ('unusable' in payload) return this.#refuse(source, intake, payload.unusable);
    if (payload.alerts.length === 0 && payload.aside !== true) {
      const details = payload.rejected.flatMap((item) => item.details);
      return this.#refuse(source, intake, details);
    }
    const understood = { source, payload: this.#parts.work?.(source, payload) ?? payload };
    if (payload.rejected.length === 0 && !dependsOnTime(payload, intake.now))
      this.#repeats.remember(key, understood, intake.body);
    return understood;
  }

  async #readJson(intake: Intake): Promise<unknown> {
    // Bytes that are no UTF-8 become U+FFFD, a byte order mark goes: a strange alert is still an alert.
    const text = this.#utf8.decode(intake.body);
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Not V8's message: it quotes the body, and answers end up in senders' logs.
      const message = intake.body.length === 0 ? 'expected JSON, came an empty body' : notJson(text);
      return this.#refuse(intake.asked ?? UNKNOWN_SOURCE, intake, [{ path: '', message }]);
    }
  }

  #alertIn(body: Uint8Array): Alert | null {
    try {
      return Alert.safeParse(JSON.parse(this.#utf8.decode(body))).data ?? null;
    } catch {
      return null; // no JSON: whoever reads it next says so, and where
    }
  }

  #recognize(json: unknown): string | null {
    const { recognizers, sources } = this.#parts;
    for (const recognizer of recognizers)
      if (sources.has(recognizer.name) && recognizer.recognizes(json)) return recognizer.name;
    return null;
  }

  #names(): string {
    return Array.from(this.#parts.sources.keys()).join(', ');
  }

  async #refuse(source: string, intake: Intake, all: readonly ErrorDetail[]): Promise<never> {
    const details = all.slice(0, MAX_DETAILS);
    if (!intake.kept) {
      await this.#keep(source, intake, { reason: sentence(details), details, body: intake.body });
      this.#parts.meter.rejected(source, 1);
    }
    throw new FixpointError('invalid', `${source}: ${sentence(details)}`, { details });
  }

  async #keepRejected(source: string, rejected: readonly RejectedItem[], intake: Intake): Promise<void> {
    if (rejected.length === 0) return;
    for (const { item, details } of rejected.slice(0, MAX_LETTERS))
      await this.#keep(source, intake, { reason: sentence(details), details, body: bytesOf(item) ?? intake.body });
    const rest = rejected.slice(MAX_LETTERS);
    if (rest.length > 0) {
      const details = rest.flatMap((item) => item.details).slice(0, MAX_DETAILS);
      const reason = `${rest.length} more invalid items of a body with ${rejected.length}; ${sentence(details)}`;
      await this.#keep(source, intake, { reason, details, body: intake.body });
    }
    this.#parts.meter.rejected(source, rejected.length);
  }

  async #keep(source: string, intake: Intake, letter: Letter): Promise<void> {
    const sent_by = intake.received_from === null ? '' : ` (sent by ${intake.received_from})`;
    const reason = `${letter.reason}${sent_by}`;
    try {
      await this.#parts.deadLetters.add({ ...letter, source, received_at: instant(intake.now), reason });
    } catch (cause) {
      // A 400 would tell the sender to forget what nobody has kept.
      throw new FixpointError('unavailable', 'what is invalid in the body cannot be kept now; send it again', {
        cause,
      });
    }
  }
}

/** Written out: half as long as a spread, for every alert that comes in. */
function stamp(alert: ParsedAlert, alert_id: string, received_at: string): Alert {
  const stamped: Alert = {
    alert_id,
    source_system: alert.source_system,
    alert_name: alert.alert_name,
    severity: alert.severity,
    status: alert.status,
    service_name: alert.service_name,
    host_ip: alert.host_ip,
    metric_value: alert.metric_value,
    timestamp: alert.timestamp,
    labels: alert.labels,
    description: alert.description,
    fingerprint: alert.fingerprint,
    metric_unit: alert.metric_unit,
    ends_at: alert.ends_at,
    received_at,
    annotations: alert.annotations,
    links: alert.links,
    group_key: alert.group_key,
    occurrence_id: alert.occurrence_id,
  };
  if (alert.momentary !== undefined) stamped.momentary = alert.momentary;
  if (alert.original !== undefined) stamped.original = alert.original;
  if (alert.filtered !== undefined) stamped.filtered = alert.filtered;
  return stamped;
}

/** A source fills a missing time with the time of receipt and says so nowhere; a time that equals it is taken for such a one. */
function dependsOnTime(payload: ParsedPayload, now: number): boolean {
  const at = instant(now);
  return payload.alerts.some((alert) => alert.timestamp === at || alert.ends_at === at);
}

function sentence(details: readonly ErrorDetail[]): string {
  return sentenceOf(details) ?? 'nothing usable in the body';
}

/** Null for an item that is nested too deep to be written down by itself. */
function bytesOf(item: unknown): Uint8Array | null {
  try {
    return Buffer.from(JSON.stringify(item));
  } catch {
    return null;
  }
}
