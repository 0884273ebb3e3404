import type { Reply } from '../recording.js';

/** One way in which something may go. */
export interface Option {
  readonly id: string;
  /** Told in the numbered steps of a path: what comes after "step: ". */
  readonly words: string;
  /** Something goes wrong: how many such things happen in one run is bounded. */
  readonly fault: boolean;
  /** The alert resolves while this is going on. */
  readonly resolves?: true;
  readonly reply?: Reply;
}

/** Something that may go in several ways; the first one is what is hoped for. */
export interface Point {
  readonly key: string;
  /** What is spoken of: a step, or what people and systems are asked. */
  readonly subject: string;
  readonly options: readonly Option[];
}

/** A point of a path, and which way it went there. */
export interface Turn {
  readonly point: Point;
  readonly option: Option;
  /** What was so when it was reached; the same again leads to the same rest. */
  readonly state: string;
}

/** Which points go otherwise than hoped for, by key. */
export type Deviations = ReadonlyMap<string, string>;
