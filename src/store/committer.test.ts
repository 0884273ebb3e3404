import { describe, expect, it } from 'vitest';
import { Committer } from './committer.js';

function sqlError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A committer whose statements fail as the test says; `batches` are the sizes of all statements. */
function aCommitter(write: (operations: readonly string[]) => Promise<void>, lanes = 1) {
  const batches: number[] = [];
  const committer = new Committer<string>({
    lanes,
    max: 8,
    write: async (operations) => {
      batches.push(operations.length);
      await write(operations);
    },
  });
  return { committer, batches };
}

describe('group commit', () => {
  it('puts what arrives together into one statement, never more than its limit', async () => {
    const { committer, batches } = aCommitter(() => Promise.resolve());
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => committer.commit(String(n))));
    expect(new Set(answers)).toEqual(new Set(['committed']));
    expect(batches).toEqual([8, 8, 4]);
  });

  it('answers only after the statement is durable', async () => {
    let durable = (): void => undefined;
    const { committer } = aCommitter(() => new Promise((resolve) => (durable = resolve)));
    let answered = false;
    const answer = committer.commit('a').then(() => (answered = true));
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(answered).toBe(false);
    durable();
    await answer;
  });

  it('lets a refused operation fail alone, at the cost of a few statements', async () => {
    const { committer, batches } = aCommitter((operations) =>
      operations.includes('bad') ? Promise.reject(sqlError('23505')) : Promise.resolve(),
    );
    const answers = await Promise.all(['a', 'b', 'c', 'bad', 'd', 'e', 'f', 'g'].map((name) => committer.commit(name)));
    expect(answers).toEqual(['committed', 'committed', 'committed', 'conflict', ...Array<string>(4).fill('committed')]);
    expect(batches.length).toBeLessThanOrEqual(7);
  });

  it('hands an error that is no conflict to the operation that caused it', async () => {
    const { committer } = aCommitter((operations) =>
      operations.includes('bad') ? Promise.reject(sqlError('22P05')) : Promise.resolve(),
    );
    const answers = await Promise.allSettled(['a', 'bad'].map((name) => committer.commit(name)));
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected']);
  });

  it('tries operations apart that meet in one row, and calls it no conflict when one does so by itself', async () => {
    const rows = (operations: readonly string[]): string[] => operations.flatMap((operation) => operation.split(' '));
    const { committer } = aCommitter((operations) =>
      new Set(rows(operations)).size < rows(operations).length ? Promise.reject(sqlError('21000')) : Promise.resolve(),
    );
    const answers = await Promise.allSettled(['a', 'a', 'b b', 'c'].map((rows) => committer.commit(rows)));
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('fails all at once when the database is away, instead of asking for each', async () => {
    const { committer, batches } = aCommitter(() => Promise.reject(new Error('connect ECONNREFUSED')));
    const answers = await Promise.allSettled(['a', 'b', 'c'].map((name) => committer.commit(name)));
    expect(answers.map((answer) => answer.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(batches).toEqual([3]);
  });
});
