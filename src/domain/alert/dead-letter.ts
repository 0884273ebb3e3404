import type { Page, PageRequest } from '../page.js';

export interface DeadLetter {
  readonly dead_letter_id: string;
  readonly source: string;
  readonly received_at: string;
  readonly reason: string;
  readonly details: readonly { readonly path: string; readonly message: string }[];
  /** The body as text (bytes that are no UTF-8 as U+FFFD), cut at 64 KiB in lists. */
  readonly body: string;
  readonly replayed_at: string | null;
}

export interface DeadLetters {
  /** `body` is kept byte for byte. Answers the id. */
  add(letter: {
    readonly source: string;
    readonly received_at: string;
    readonly reason: string;
    readonly details: DeadLetter['details'];
    readonly body: Uint8Array;
  }): Promise<string>;
  list(page: PageRequest): Promise<Page<DeadLetter>>;
  /** The letter with its whole body as bytes. */
  get(dead_letter_id: string): Promise<(DeadLetter & { readonly raw: Uint8Array }) | null>;
  /** True for one who may replay it until `until`: nobody else may before then, or before `endReplay`. */
  beginReplay(dead_letter_id: string, now: string, until: string): Promise<boolean>;
  /** With `at` the letter is marked as replayed; null leaves it as it is. In one step others may try again. */
  endReplay(dead_letter_id: string, at: string | null): Promise<void>;
}
