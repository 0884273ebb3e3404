import { FixpointError } from '../domain/errors.js';

/** How much may be inside at once. */
export interface RoomLimits {
  readonly max_deliveries: number;
  readonly max_bytes: number;
}

/**
 * What the memory is spent on while nothing gets through: each delivery is kept as text, as alerts and as rows, several times its bytes. A burst
 * that the database takes in a second or two fits in.
 */
export const ROOM: RoomLimits = { max_deliveries: 4_000, max_bytes: 32 * 1024 * 1024 };

/** Counts the deliveries that have come in and are not settled; one too many is refused at once, so that what waits stays bounded. */
export class Room {
  readonly #limits: RoomLimits;
  #deliveries = 0;
  #bytes = 0;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /** Throws `unavailable` when there is no room for a delivery of so many bytes; one alone always has room. */
  check(bytes: number): void {
    const { max_deliveries, max_bytes } = this.#limits;
    const fits = this.#deliveries < max_deliveries && this.#bytes + bytes <= max_bytes;
    if (this.#deliveries === 0 || fits) return;
    throw new FixpointError(
      'unavailable',
      `${this.#deliveries} deliveries wait to be stored, and there is no room for more; send it again`,
    );
  }

  /** Takes room and answers what gives it back; throws as `check` does. Giving it back twice is harmless. */
  enter(bytes: number): () => void {
    this.check(bytes);
    this.#deliveries += 1;
    this.#bytes += bytes;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#deliveries -= 1;
      this.#bytes -= bytes;
    };
  }
}
