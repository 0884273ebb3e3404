import { crc32 } from 'node:zlib';
import { Recent } from '../domain/recent.js';
import type { ParsedPayload } from '../domain/source.js';

/** What a body was understood as. */
export interface UnderstoodBody {
  readonly source: string;
  readonly payload: ParsedPayload;
}

/** Together with the bodies' total below, what the memory for repeats may cost. */
const MAX_ENTRIES = 1_000;
const MAX_TOTAL_BYTES = 16 * 1024 * 1024;
const MAX_BODY_BYTES = 512 * 1024;
const MAX_SEEN = 20_000;

/**
 * Remembers what the last bodies were understood as: Alertmanager sends a group that has not changed byte for byte again. What is
 * remembered (from the second sight on) is frozen, because several alerts share it. `intake` says how the body came, so that two ways of reading stay apart.
 */
export class Repeats {
  readonly #entries = new Map<string, { readonly understood: UnderstoodBody; readonly body: Uint8Array }>();
  readonly #seen_once = new Recent<true>(MAX_SEEN);
  #bytes = 0;

  /** Where a body is looked for. Different bodies may share a key: `find` compares their bytes, which costs less than a hash nobody can forge. */
  keyOf(intake: string, body: Uint8Array): string {
    return `${intake} ${body.length} ${crc32(body)}`;
  }

  find(key: string, body: Uint8Array): UnderstoodBody | null {
    const entry = this.#entries.get(key);
    if (!entry || Buffer.compare(entry.body, body) !== 0) return null;
    // A Map keeps the order of insertion: the first is the one that was not asked for the longest.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.understood;
  }

  remember(key: string, understood: UnderstoodBody, body: Uint8Array): void {
    if (body.length > MAX_BODY_BYTES || this.#entries.has(key) || this.#isFirstSight(key)) return;
    freeze(understood.payload);
    this.#entries.set(key, { understood, body });
    this.#bytes += body.length;
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= MAX_ENTRIES && this.#bytes <= MAX_TOTAL_BYTES) break;
      this.#entries.delete(oldest);
      this.#bytes -= entry.body.length;
    }
  }

  /** Freezing and keeping a body costs as much as reading it, and most bodies never come again: only the second sight pays. */
  #isFirstSight(key: string): boolean {
    const isFirst = this.#seen_once.get(key) === undefined;
    if (isFirst) this.#seen_once.set(key, true);
    else this.#seen_once.delete(key);
    return isFirst;
  }
}

function freeze(payload: ParsedPayload): void {
  for (const alert of payload.alerts) {
    Object.freeze(alert.labels);
    Object.freeze(alert.annotations);
    Object.freeze(alert.links);
    Object.freeze(alert);
  }
  Object.freeze(payload.alerts);
  Object.freeze(payload.remarks);
  Object.freeze(payload);
}
