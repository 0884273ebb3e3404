import { FixpointError } from './errors.js';

/** One page of a list, newest first. `next_cursor` is null on the last page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

export interface PageRequest {
  /** 1 to 200. */
  readonly limit: number;
  readonly cursor: string | null;
}

/** Told to whoever asks for a page by a cursor that no answer of this list ever gave. */
export function badCursor(): FixpointError {
  const message = 'expected the next_cursor of an earlier answer';
  return new FixpointError('invalid', `query cursor: ${message}`, { details: [{ path: 'cursor', message }] });
}
