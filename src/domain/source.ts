import type { z } from 'zod';
import type { Clock } from './clock.js';
import type { ConnectionCheck } from './connection.js';
import type { ErrorDetail } from './errors.js';
import type { Log } from './log.js';
import type { Alert, ParsedAlert } from './alert/alert.js';
import type { OccurrenceView } from './alert/open-occurrence.js';
import type { RunHeader } from './run/run.js';
import type { ConditionSource } from './run/proof.js';
import type { Silence } from './suppression/suppression.js';

/** What a source made of one payload. An item that is invalid among valid ones is rejected by itself. */
export interface ParsedPayload {
  /** In the payload's order. */
  readonly alerts: readonly ParsedAlert[];
  readonly rejected: readonly RejectedItem[];
  /** Remarks for the log and the counters: unknown severity words, alerts that the sender cut off (`truncatedAlerts`). */
  readonly remarks: readonly string[];
  /** Told where the sender left alerts out: what its reconciler needs to fetch them. */
  readonly left_out?: unknown;
  /** The payload was understood and is no alert: a greeting, or news of something else. It is accepted, with nothing in it. */
  readonly aside?: true;
}

export interface RejectedItem {
  /** The item as it came, for the dead letter. */
  readonly item: unknown;
  readonly details: readonly ErrorDetail[];
}

/** A monitoring system that posts alerts. `parse` is pure and never throws: what it cannot use it rejects, with the place. */
export interface Source {
  /** Takes JSON that was parsed already; `now` fills in a missing time. A payload that is none of this source's answers `{ unusable }`. */
  parse(payload: unknown, now: number): ParsedPayload | { readonly unusable: readonly ErrorDetail[] };
  /** In place of the module's, where the configuration says more about the shapes of its payloads. */
  recognizes?(payload: unknown): boolean;
  /** By name: ways to read payloads that the sender chooses by the path, `/webhooks/<source>/<name>`. */
  readonly variants?: ReadonlyMap<string, Source>;
}

/** A plug-in: one folder or file, one line in the registry. Its slice of the configuration is `sources.<name>`. */
export interface SourceModule<Config = unknown> {
  readonly name: string;
  /** Must accept an absent slice: every source works without configuration. Holds `secret` where webhooks are signed. */
  readonly config: z.ZodType<Config>;
  /** True when the payload looks like this source's: used by `POST /webhook/alert`. */
  recognizes(payload: unknown): boolean;
  create(config: Config): Source;
  /** Absent where the body says it all. */
  readonly envelope?: WebhookEnvelope;
  /** Absent where the system cannot be asked about its alerts' conditions; null when its slice does not say where. */
  openConditions?(config: Config, deps: SourceDeps): SourceConditions | null;
  /** Absent where the system has no silences that Fixpoint reads; null when its slice does not say where. */
  openSilences?(config: Config, deps: SourceDeps): SilenceSource | null;
  /** Absent where the system cannot be asked for what its webhooks lose; null when its slice does not say where, or not to. */
  openReconciler?(config: Config, deps: ReconcilerDeps): SourceReconciler | null;
  /** Absent where the system signs nothing in a way of its own; null when its slice does not say how. */
  senderProof?(config: Config, deps: SourceDeps): SenderProof | null;
  /** Absent where payloads are parsed at once; null when its slice wants nothing looked at before. */
  openGate?(config: Config, deps: SourceDeps & { readonly log: Log }): SourceGate | null;
}

/** A webhook as it came: header names in lower case, the body's very bytes. */
export interface RawWebhook {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

/** How a system says a part of its payload in headers. */
export interface WebhookEnvelope {
  /** In lower case. Only a request with this header is enclosed. */
  readonly header: string;
  /** One body that says it all, for `parse` and for the dead letters. It never throws. */
  enclose(webhook: RawWebhook): Uint8Array;
}

/** A system's own way to prove that it sent a webhook: the credential of a request that has no token. */
export interface SenderProof {
  /** In lower case. Only a request with this header is held to the proof; its value says nothing yet. */
  readonly header: string;
  /** True when the system must have sent it. Refuses with `unavailable` when that cannot be told now. */
  proves(webhook: RawWebhook): boolean | Promise<boolean>;
}

/** What a source does with a payload of its own before it is parsed: looks who sent it, answers a greeting. */
export interface SourceGate {
  /** Refuses with `forbidden` (nothing of the payload is used or kept), `invalid`, or `unavailable` (to be sent again). Settles in a few seconds. */
  pass(payload: unknown): Promise<void>;
  /** Where the system's own proof takes what the gate keeps (certificates); absent where it does not. */
  readonly proof?: SenderProof;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}

/** What the roof hands to a source that asks its system. */
export interface SourceDeps {
  readonly clock: Clock;
}

/** The silences of a system that posts alerts. */
export interface SilenceSource {
  /** All that have not ended; rejects with the reason when they cannot be had. */
  silences(signal: AbortSignal): Promise<readonly Silence[]>;
  /** Dials it, for `fixpoint doctor`. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}

/** The API of a system that posts alerts. It is dialled at the first question. */
export interface SourceConditions extends ConditionSource {
  /** Dials it, for `fixpoint doctor`. */
  check(signal: AbortSignal): Promise<ConnectionCheck[]>;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}

/** What the roof hands to a source that looks for what was lost. */
export interface ReconcilerDeps extends SourceDeps {
  /** Takes a payload in as if the system had posted it; answers how many alerts were accepted. */
  take(payload: unknown): Promise<number>;
  /** The conditions that last, as far as is known here. */
  readonly occurrences: OccurrenceView;
}

/** What a look at the system came to. */
export interface Reconciled {
  /** Alerts that had not come. */
  readonly taken: number;
  /** Conditions that were held for open and have ended. */
  readonly ended: number;
}

/** Makes up for what a system's webhooks lose, and tells the system what is done. All of it rejects when the system cannot be asked now. */
export interface SourceReconciler {
  /** How long between two looks; null: only what a webhook left out is fetched. */
  readonly every_ms: number | null;
  /** Looks at everything that the system holds for a problem. */
  look?(signal: AbortSignal): Promise<Reconciled>;
  /** Fetches what one webhook left out: its `left_out`. */
  fetch?(left_out: unknown, signal: AbortSignal): Promise<Reconciled>;
  /** Tells the system that a run works on its alert; absent where that is not wanted. */
  acknowledge?(alert: Alert, run: Pick<RunHeader, 'run_id' | 'playbook_id'>, signal: AbortSignal): Promise<void>;
  /** Ends what is under way; may be called twice. */
  stop(): Promise<void>;
}
