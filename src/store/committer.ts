import { sqlState } from './db.js';

/**
 * Group commit: while a commit is under way, what arrives is collected, and goes out as one statement when a lane is free. Each operation
 * is answered when the commit that holds it is durable.
 *
 * A statement commits as a whole. When one fails, its halves are tried again, and theirs, so that an operation which is refused (its fence,
 * a unique index, a value that the database cannot keep) fails alone, and costs the others a few more statements.
 */
export class Committer<Operation> {
  readonly #write: (operations: readonly Operation[]) => Promise<void>;
  readonly #lanes: number;
  readonly #max: number;
  readonly #queue: Waiting<Operation>[] = [];
  #busy = 0;
  #flushing = false;

  constructor(options: { write: (operations: readonly Operation[]) => Promise<void>; lanes: number; max: number }) {
    this.#write = options.write;
    this.#lanes = options.lanes;
    this.#max = options.max;
  }

  /** `conflict`: the operation was decided on something that has changed, and nothing of it was written. Rejects when the database fails. */
  commit(operation: Operation): Promise<'committed' | 'conflict'> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ operation, resolve, reject });
      this.#flushSoon();
    });
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // Not at once: what arrives within this turn of the loop shares the commit.
    setImmediate(() => {
      this.#flushing = false;
      while (this.#busy < this.#lanes && this.#queue.length > 0) {
        const batch = this.#queue.splice(0, this.#max);
        this.#busy += 1;
        void this.#run(batch).finally(() => {
          this.#busy -= 1;
          if (this.#queue.length > 0) this.#flushSoon();
        });
      }
    });
  }

  /** Never rejects: every operation of the batch is answered here. */
  async #run(batch: readonly Waiting<Operation>[]): Promise<void> {
    try {
      await this.#write(batch.map((waiting) => waiting.operation));
      for (const waiting of batch) waiting.resolve('committed');
    } catch (error) {
      const [only] = batch;
      if (only && batch.length === 1) return settle(only, error);
      // A database that is away fails all of them alike: asking one by one would only take longer.
      if (sqlState(error) === null) return batch.forEach((waiting) => waiting.reject(error));
      const half = batch.length >> 1;
      await this.#run(batch.slice(0, half));
      await this.#run(batch.slice(half));
    }
  }
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
