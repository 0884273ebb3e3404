/** What an executor found out or did, as one JSON value plus what a reader should be shown of it. */
export interface Succeeded {
  readonly type: 'succeeded';
  readonly output: unknown;
  /** One short line for people: `312 lines, 9 errors (2.9 %)`. */
  readonly summary?: string;
  /** Where the figures come from: queries asked, addresses, samples. Bounded, free of secrets. */
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** For a write: what it changed, for the report. Absent or null when it changed nothing. */
  readonly change?: Change | null;
}

/** One change to the world: `payment-gateway: replicas 2 → 3`. */
export interface Change {
  readonly target: string;
  readonly what: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What a change does to what, before it is done: `replicas of shop/cart`. An executor may have said both at once (`POST https://…`). */
export function deedOf(target: string, what: string): string {
  return what.includes(target) ? what : `${what} of ${target}`;
}

/** The step needs an answer of people before it can go on. */
export interface Asks {
  readonly type: 'asks';
  readonly about: 'approval' | 'confirmation';
  /** What people are asked, as text. */
  readonly message: string;
  /** Names of tokens, or roles; empty: anybody who may approve. */
  readonly approvers: readonly string[];
  /** How many different people have to approve. */
  readonly quorum: number;
  /** No answer after this long is a no. */
  readonly expires_ms: number;
  /** What exactly is to be done, for an approval: this, and nothing else, is what is approved. Null for a question of its own. */
  readonly plan: ApprovalPlan | null;
}

/** A write as it is shown to whoever approves it. */
export interface ApprovalPlan extends Change {
  readonly kind: string;
  /** As the intent has it. */
  readonly identity?: string;
  /** What the step was rendered with; secrets by their names. */
  readonly parameters: unknown;
}

/**
 * How one attempt ended. A closed union: `retryable` says whether the same attempt may be made again without harm
 * (a read, or a write that is known not to have begun); `in_doubt` is a write whose effect nobody can tell.
 */
export type Outcome =
  | Succeeded
  | {
      readonly type: 'failed';
      readonly reason: string;
      readonly retryable: boolean;
      /** Milliseconds that the other side asked us to wait (`Retry-After`). */
      readonly retry_after_ms?: number;
      readonly output?: unknown;
      /** For a write that took place before it failed (scaled, but not ready in time): what it changed. */
      readonly change?: Change | null;
      readonly evidence?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: 'waiting';
      /** When to look again at the latest. */
      readonly until: string;
      readonly reason: string;
      /** A run that it began waits for a person: nothing else moves it on. */
      readonly for_person?: true;
    }
  | Asks
  | { readonly type: 'cancelled'; readonly reason: string }
  | { readonly type: 'in_doubt'; readonly reason: string };

/** What a write is about to do, recorded durably before it is done and shown to whoever approves it. */
export interface Intent {
  readonly target: string;
  readonly what: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly idempotency_key: string;
  /** What tells the target from another one that bears its name later, such as the uid of a Kubernetes object. */
  readonly identity?: string;
  /** What the executor needs to look the effect up later, or to do exactly this. JSON, free of secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}
