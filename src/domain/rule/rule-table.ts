import type { Alert } from '../alert/alert.js';
import type { Threshold } from './rule-condition.js';
import { reaches } from './rule-condition.js';
import { fieldReader } from './rule-criterion.js';
import type { Criterion, CriterionField } from './rule-criterion.js';

/** A rule that may match: whoever found it has seen to everything that it asks but for `open`. */
export interface Candidate<Rule> {
  readonly rule: Rule;
  /** Its place in the order in which rules are asked. */
  readonly rank: number;
  /** What is left to be asked. */
  readonly open: readonly Criterion[];
}

/** Stands in place of a field: the number after it is one of a threshold. */
const THRESHOLD = -1;
/** No rule wants the value. */
const UNKNOWN = 0;
/** Turns are counted from 1, as far as 32 bits go. */
const NEVER = 0;
const LAST_TURN = 2 ** 31 - 1;
/** Most rows leave nothing open. */
const NOTHING: readonly Criterion[] = [];

interface Field {
  readonly read: (alert: Alert) => string;
  /** A number for each value, or each beginning of one, that some rule wants. */
  readonly words: Map<string, number>;
}

/**
 * Rules as rows of numbers side by side: which candidate, where the row ends, then a pair for each thing that it asks, which is a field and the word
 * it wants, or a threshold. How a value has to begin is a field like any other, one for each length. Ten thousand rules take some 300 kB, which
 * stay in the processor's cache; as objects they do not.
 */
export class RuleTable<Rule> {
  #cells: Int32Array = new Int32Array(256);
  #used = 0;
  readonly #candidates: Candidate<Rule>[] = [];
  readonly #fields: Field[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #thresholds: Threshold[] = [];
  readonly #places = new Map<string, number>();
  /** What the alert under the eye has in each field, and in which turn that was read. */
  #words: Int32Array = new Int32Array(16);
  #readIn: Int32Array = new Int32Array(16);
  #turn = 1;

  /** Adds rules next to each other; the answer is where they begin. */
  add(candidates: readonly Candidate<Rule>[]): number {
    const begin = this.#used;
    this.#write(begin, 0);
    this.#used += 1;
    for (const candidate of candidates) this.#addRow(candidate);
    this.#write(begin, this.#used);
    return begin;
  }

  /** To be called before each alert that is looked for. */
  turn(): void {
    this.#turn += 1;
    if (this.#turn < LAST_TURN) return;
    this.#readIn.fill(NEVER);
    this.#turn = 1;
  }

  /** Adds the rules that were added together at `begin` and of which the alert has everything but perhaps what is open. */
  find(begin: number, alert: Alert, found: Candidate<Rule>[]): void {
    const cells = this.#cells;
    const end = cells[begin] ?? 0;
    for (let at = begin + 1; at < end;) {
      const row = cells[at] ?? 0;
      const stop = cells[at + 1] ?? 0;
      at += 2;
      while (at < stop && this.#holds(cells[at] ?? 0, cells[at + 1] ?? 0, alert)) at += 2;
      const candidate = at === stop ? this.#candidates[row] : undefined;
      if (candidate) found.push(candidate);
      at = stop;
    }
  }

  #holds(field: number, wanted: number, alert: Alert): boolean {
    if (field >= 0) return this.#word(field, alert) === wanted;
    const threshold = this.#thresholds[wanted];
    return threshold !== undefined && reaches(threshold, alert);
  }

  #word(number: number, alert: Alert): number {
    if (this.#readIn[number] === this.#turn) return this.#words[number] ?? UNKNOWN;
    const field = this.#fields[number];
    const word = field?.words.get(field.read(alert)) ?? UNKNOWN;
    this.#words[number] = word;
    this.#readIn[number] = this.#turn;
    return word;
  }

  #addRow(candidate: Candidate<Rule>): void {
    const pairs: [field: number, wanted: number][] = [];
    const open = candidate.open.filter((criterion) => {
      const { pair, isAll } = this.#pairOf(criterion);
      if (pair !== null) pairs.push(pair);
      return !isAll;
    });
    const row = this.#candidates.push({ ...candidate, open: open.length > 0 ? open : NOTHING }) - 1;
    const numbers = [row, this.#used + 2 + 2 * pairs.length, ...pairs.flat()];
    for (const [index, number] of numbers.entries()) this.#write(this.#used + index, number);
    this.#used += numbers.length;
  }

  /** What numbers can say of a criterion, and whether that is all there is to it. */
  #pairOf({ anchor, threshold }: Criterion): { pair: [field: number, wanted: number] | null; isAll: boolean } {
    if (threshold !== null) return { pair: [THRESHOLD, this.#placeOf(threshold)], isAll: true };
    if (anchor?.type === 'values' && anchor.values.length === 1) {
      const number = this.#numberOf(anchor.field, () => fieldReader(anchor.field));
      return { pair: [number, this.#wordOf(number, anchor.values[0] ?? '')], isAll: true };
    }
    if (anchor?.type !== 'pattern' || anchor.prefix === '') return { pair: null, isAll: false };
    const { field, prefix, isPrefix } = anchor;
    const number = this.#numberOf(`${prefix.length}:${field}`, () => beginningReader(field, prefix.length));
    return { pair: [number, this.#wordOf(number, prefix)], isAll: isPrefix };
  }

  /** Rules that ask for the same share one threshold, so that it is near when it is looked at. */
  #placeOf(threshold: Threshold): number {
    const { operator, limit } = threshold;
    const key = `${operator} ${limit.value} ${limit.unit}`;
    const place = this.#places.get(key) ?? this.#thresholds.push(threshold) - 1;
    this.#places.set(key, place);
    return place;
  }

  #numberOf(name: string, reader: () => Field['read']): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#fields.push({ read: reader(), words: new Map() }) - 1;
    this.#numbers.set(name, number);
    if (number >= this.#words.length) {
      this.#words = grown(this.#words, number + 1);
      this.#readIn = grown(this.#readIn, number + 1);
    }
    return number;
  }

  #wordOf(number: number, value: string): number {
    const words = this.#fields[number]?.words ?? new Map<string, number>();
    const known = words.get(value);
    if (known !== undefined) return known;
    // The alert under the eye was perhaps read when nobody wanted this value.
    this.#readIn[number] = NEVER;
    words.set(value, words.size + 1);
    return words.size;
  }

  #write(at: number, number: number): void {
    if (at >= this.#cells.length) this.#cells = grown(this.#cells, at + 1);
    this.#cells[at] = number;
  }
}

/** The first characters of a field's value; '' where it has several lines, which a pattern whose beginning is known never takes. */
function beginningReader(field: CriterionField, length: number): (alert: Alert) => string {
  const read = fieldReader(field);
  return (alert) => {
    const value = read(alert);
    return value.includes('\n') ? '' : value.slice(0, length);
  };
}

function grown(array: Int32Array, length: number): Int32Array {
  const larger = new Int32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
