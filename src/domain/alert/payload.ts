/** What is kept of one body, at most: the head of a longer one. */
export const MAX_PAYLOAD_BYTES = 512 * 1024;

/** A body as it came, once, however often it came. */
export interface PayloadBody {
  /** The same for the same bytes, and for no others. */
  readonly payload_id: string;
  /** Its head of at most `MAX_PAYLOAD_BYTES`. */
  readonly head: Uint8Array;
  /** Of the whole body. */
  readonly bytes: number;
}

/** One delivery of a body. */
export interface PayloadDelivery {
  /** What the ids of its alerts begin with. */
  readonly batch_id: string;
  readonly payload_id: string;
  readonly source: string;
  readonly received_at: string;
  /** The name of whose credential it came with; null where it is not known. */
  readonly received_from: string | null;
  /** How many alerts were made of it, and how many items were refused beside them. */
  readonly alerts: number;
  readonly rejected: number;
}

/** The body that an alert came in. */
export type KeptPayload = PayloadDelivery &
  PayloadBody & {
    /**
     * The alert that came in it: the one that was asked for, or, where its own delivery is not kept, the one that it repeats word for word.
     */
    readonly alert_id: string;
  };

/** Bodies of deliveries beside their alerts, for people to look at. Nothing depends on them. */
export interface Payloads {
  /** A body that is kept already is only marked as seen again; so is a delivery. */
  keep(bodies: readonly PayloadBody[], deliveries: readonly PayloadDelivery[]): Promise<void>;
  /** Null when none is kept. */
  find(alert_id: string): Promise<KeptPayload | null>;
}
