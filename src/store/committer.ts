import { FixpointError, messageOf } from '../domain/errors.js';
import { sqlState } from './db.js';
import { SlowOperations } from './slow-operations.js';

interface CommitterOptions<Operation> {
  readonly write: (operations: readonly Operation[]) => Promise<void>;
  readonly lanes: number;
  readonly max: number;
  /** What an operation is about: the same whenever it is tried again; null where that cannot be told. Asked only when one took too long. */
  readonly keyOf?: (operation: Operation) => string | null;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Hears of operations that are refused from now on. */
  readonly onRefused?: (error: FixpointError) => void;
  /** Hears when the database begins to keep nothing, though it answers. */
  readonly onFailing?: (error: unknown) => void;
}

/** A commit that failed says something about now for so long: then only another one can tell. */
const FAILED_LATELY_MS = 30_000;

/** So many answers are given before those who got them may go on. */
const ANSWERS_AT_ONCE = 16;

/**
 * Group commit: while a commit is under way, what arrives is collected, and goes out as one statement when a lane is free. Each operation
 * is answered when the commit that holds it is durable, a few at a time: what follows from the first answers is on its way to the database
 * while the others are still being given. All at once, they would come back all at once, and either this process or the database would always
 * wait for the other.
 *
 * A statement commits as a whole. When one fails, its halves are tried again, and theirs, so that an operation which is refused (its fence,
 * a unique index, a value that the database cannot keep) fails alone, and costs the others a few more statements. When one takes too long,
 * that would take its time again and again: all of it fails, and whatever of it is tried again goes alone, on a lane of its own.
 */
export class Committer<Operation> {
  readonly #options: CommitterOptions<Operation>;
  readonly #slow: SlowOperations;
  readonly #queue: Waiting<Operation>[] = [];
  /** What goes alone. */
  readonly #single: Waiting<Operation>[] = [];
  #failed: { readonly at: number; readonly reason: string } | null = null;
  #busy = 0;
  #singleBusy = false;
  #flushing = false;

  constructor(options: CommitterOptions<Operation>) {
    this.#options = options;
    this.#slow = new SlowOperations(options.now);
  }

  /**
   * `conflict`: the operation was decided on something that has changed, and nothing of it was written. Rejects with `too_large` what the
   * database never gets done while it does all else, and otherwise when the database fails.
   */
  commit(operation: Operation): Promise<'committed' | 'conflict'> {
    return new Promise((resolve, reject) => {
      const waiting = { operation, resolve, reject };
      const key = this.#slow.any ? this.#keyOf(operation) : null;
      if (key !== null && this.#slow.isRefused(key)) return reject(refusal(key));
      const failures = key === null ? null : this.#slow.failuresAlone(key);
      if (failures === null) this.#queue.push(waiting);
      // Most of them only shared a commit with one that is slow: they do not wait behind those that may be it.
      else if (failures === 0) this.#single.unshift(waiting);
      else this.#single.push(waiting);
      this.#flushSoon();
    });
  }

  /** True while commits take longer than the database lets a statement take, and none gets through. */
  get nothingGetsThrough(): boolean {
    return this.#slow.nothingGetsThrough;
  }

  /** Why a database that answers keeps nothing, whatever it is; null when a commit has succeeded since, or none was tried lately. */
  get failing(): string | null {
    const failed = this.#failed;
    return failed !== null && this.#options.now() - failed.at < FAILED_LATELY_MS ? failed.reason : null;
  }

  /** What is refused because the database never gets it done, while it does all else. */
  get stuck(): readonly string[] {
    return this.#slow.stuck;
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // Not at once: what arrives within this turn of the loop shares the commit.
    setImmediate(() => {
      this.#flushing = false;
      while (this.#busy < this.#options.lanes && this.#queue.length > 0) {
        const batch = this.#queue.splice(0, this.#options.max);
        this.#busy += 1;
        void this.#run(batch).finally(() => {
          this.#busy -= 1;
          if (this.#queue.length > 0) this.#flushSoon();
        });
      }
      const single = this.#singleBusy ? undefined : this.#single.shift();
      if (!single) return;
      this.#singleBusy = true;
      void this.#run([single]).finally(() => {
        this.#singleBusy = false;
        if (this.#single.length > 0) this.#flushSoon();
      });
    });
  }

  /** Never rejects: every operation of the batch is answered here. */
  async #run(batch: readonly Waiting<Operation>[]): Promise<void> {
    try {
      await this.#options.write(batch.map((waiting) => waiting.operation));
      this.#failed = null;
      this.#slow.written(this.#slow.any ? this.#keysOf(batch) : []);
      void this.#answer(batch); // never rejects
    } catch (error) {
      if (tookTooLong(error)) return this.#tookTooLong(batch, error);
      // A database that is away fails all of them alike: asking one by one would only take longer.
      if (isAway(error)) return this.#failAll(batch, error);
      const [only] = batch;
      if (only && batch.length === 1) return settle(only, error);
      const half = batch.length >> 1;
      await this.#run(batch.slice(0, half));
      await this.#run(batch.slice(half));
    }
  }

  async #answer(batch: readonly Waiting<Operation>[]): Promise<void> {
    const { lanes } = this.#options;
    for (const [index, waiting] of batch.entries()) {
      // Where only one commit can be under way, many small ones would take longer than a large one.
      if (lanes > 1 && index > 0 && index % ANSWERS_AT_ONCE === 0) await flushed();
      waiting.resolve('committed');
    }
  }

  #failAll(batch: readonly Waiting<Operation>[], error: unknown): void {
    if (keepsNothing(error)) {
      if (this.failing === null) this.#options.onFailing?.(error);
      this.#failed = { at: this.#options.now(), reason: messageOf(saidBy(error)) };
    }
    for (const waiting of batch) waiting.reject(error);
  }

  #tookTooLong(batch: readonly Waiting<Operation>[], error: unknown): void {
    const keys = this.#keysOf(batch);
    const [key] = keys;
    let answer = error;
    if (this.#slow.tookTooLong(keys) && key) {
      const refused = refusal(key);
      this.#options.onRefused?.(refused);
      answer = refused;
    }
    for (const waiting of batch) waiting.reject(answer);
  }

  #keyOf(operation: Operation): string | null {
    return this.#options.keyOf?.(operation) ?? null;
  }

  #keysOf(batch: readonly Waiting<Operation>[]): (string | null)[] {
    return batch.map((waiting) => this.#keyOf(waiting.operation));
  }
}

/** After the next turn of the loop, in which what has arrived by now goes out. */
async function flushed(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}

interface Waiting<Operation> {
  readonly operation: Operation;
  readonly resolve: (answer: 'committed' | 'conflict') => void;
  readonly reject: (error: unknown) => void;
}

/**
 * unique_violation, serialization_failure, deadlock_detected: all say "decide again". An upsert that meets a row twice (21000) does not: where
 * two operations share a row they are tried apart, and one that does so by itself would be decided the same way for ever.
 */
const CONFLICTS: ReadonlySet<string> = new Set(['23505', '40001', '40P01']);

function settle<Operation>(waiting: Waiting<Operation>, error: unknown): void {
  if (CONFLICTS.has(sqlState(error) ?? '')) waiting.resolve('conflict');
  else waiting.reject(error);
}

/** It is not reached, or keeps nothing: that says nothing about what was to be written. */
function isAway(error: unknown): boolean {
  return sqlState(error) === null || keepsNothing(error);
}

/** read_only_sql_transaction, disk_full, io_error: any question would still be answered. */
const KEEPS_NOTHING: ReadonlySet<string> = new Set(['25006', '53100', '58030']);

function keepsNothing(error: unknown): boolean {
  return KEEPS_NOTHING.has(sqlState(saidBy(error)) ?? '');
}

/** The pool says `unavailable`, and what the database said as its cause. */
function saidBy(error: unknown): unknown {
  return error instanceof FixpointError ? error.cause : error;
}

/** query_canceled: the time that a statement has was over. */
function tookTooLong(error: unknown): boolean {
  return sqlState(saidBy(error)) === '57014';
}

function refusal(key: string): FixpointError {
  return new FixpointError(
    'too_large',
    `what changes ${key} takes the database longer than a statement may, again and again, while all else is written: a row of it is locked from outside, or it is too much`,
  );
}
