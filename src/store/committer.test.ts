import { describe, expect, it } from 'vitest';
import { FixpointError } from '../domain/errors.js';
import { Committer } from './committer.js';

function sqlError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A committer whose statements fail as the test says; `batches` are the sizes of all statements. */
function aCommitter(write: (operations: readonly string[]) => Promise<void>, lanes = 1, max = 8) {
  const batches: number[] = [];
  const committer = new Committer<string>({
    lanes,
    max,
    now: () => 0,
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

  it('answers many a few at a time, so that what follows from the first is written while the others still wait', async () => {
    const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
    const { committer, batches } = aCommitter(turn, 2, 128);
    const told: string[] = [];
    const twice = async (name: number): Promise<void> => {
      await committer.commit(`first ${name}`);
      told.push('first');
      await committer.commit(`second ${name}`);
      told.push('second');
    };
    await Promise.all(Array.from({ length: 64 }, (_, name) => twice(name)));
    expect(batches[0]).toBe(64);
    expect(told.indexOf('second')).toBeLessThan(told.lastIndexOf('first'));
    expect(told.filter((word) => word === 'second')).toHaveLength(64);
  });

  it('says why a database that answers keeps nothing, until it does again or nobody has tried for half a minute', async () => {
    const heard: unknown[] = [];
    let now = 0;
    let trouble: Error | null = sqlError('53100');
    const committer = new Committer<string>({
      lanes: 1,
      max: 8,
      now: () => now,
      write: () => (trouble === null ? Promise.resolve() : Promise.reject(trouble)),
      onFailing: (error) => void heard.push(error),
    });
    expect(committer.failing).toBeNull();
    const full = await Promise.allSettled([committer.commit('a'), committer.commit('b')]);
    expect(full.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(committer.commit('c')).rejects.toThrow('53100');
    expect([committer.failing, heard]).toEqual(['53100', [trouble]]);

    trouble = null;
    await committer.commit('d');
    expect(committer.failing).toBeNull();

    trouble = new FixpointError('unavailable', 'the database does not answer', { cause: sqlError('25006') });
    await expect(committer.commit('e')).rejects.toThrow();
    expect([committer.failing, heard.length]).toEqual(['25006', 2]);
    now = 30_000;
    expect(committer.failing).toBeNull();
  });

  it.each([
    ['that is away, which any question tells', new FixpointError('unavailable', 'the database does not answer')],
    ['that refuses a value', sqlError('23502')],
  ])('says nothing of the kind of a database %s', async (_of, trouble) => {
    const { committer } = aCommitter(() => Promise.reject(trouble));
    await expect(committer.commit('a')).rejects.toThrow();
    expect(committer.failing).toBeNull();
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

/** As the pool says it. */
function tooLate(): FixpointError {
  const cause = sqlError('57014');
  return new FixpointError('unavailable', 'the database does not answer: canceling statement due to timeout', {
    cause,
  });
}

/** A committer whose statements take too long when they hold one of `slow`; `written` is what got through, statement by statement. */
function aSlowCommitter(slow: Set<string>) {
  const time = { now: 0 };
  const refused: string[] = [];
  const batches: (readonly string[])[] = [];
  const committer = new Committer<string>({
    lanes: 1,
    max: 8,
    keyOf: (operation) => operation,
    now: () => time.now,
    onRefused: (error) => refused.push(error.message),
    write: (operations) => {
      batches.push(operations);
      time.now += 1;
      return operations.some((operation) => slow.has(operation)) ? Promise.reject(tooLate()) : Promise.resolve();
    },
  });
  async function tried(...operations: string[]): Promise<string[]> {
    const answers = await Promise.allSettled(operations.map((operation) => committer.commit(operation)));
    return answers.map((answer) =>
      answer.status === 'fulfilled' ? answer.value : (answer.reason as FixpointError).code,
    );
  }
  return { committer, batches, refused, time, tried };
}

describe('group commit of something that takes too long', () => {
  it('tries all that shared its commit alone from then on, so that the others get through', async () => {
    const { tried, batches } = aSlowCommitter(new Set(['slow']));

    expect(await tried('a', 'slow', 'b')).toEqual(['unavailable', 'unavailable', 'unavailable']);
    expect(await tried('a', 'slow', 'b', 'new')).toEqual(['committed', 'unavailable', 'committed', 'committed']);
    expect(batches.slice(1).map((batch) => batch.length)).toEqual([1, 1, 1, 1]);
    expect(await tried('a', 'b')).toEqual(['committed', 'committed']);
    expect(batches.at(-1)).toEqual(['a', 'b']);
  });

  it('refuses what takes too long by itself, three times while others are written, and says what it is', async () => {
    const { committer, tried, refused, batches } = aSlowCommitter(new Set(['slow']));
    await tried('slow', 'a');
    expect(committer.stuck).toEqual([]);
    const answers: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) answers.push(...(await tried('slow', 'a')));
    const before = batches.length;

    expect(answers).toEqual(['unavailable', 'committed', 'unavailable', 'committed', 'too_large', 'committed']);
    expect(await tried('slow')).toEqual(['too_large']);
    expect(batches).toHaveLength(before);
    expect(committer.stuck).toEqual(['slow']);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain('what changes slow takes the database longer');
  });

  it('takes it again once whatever held it up is gone', async () => {
    const slow = new Set(['slow']);
    const { committer, tried, time } = aSlowCommitter(slow);
    await tried('slow', 'a');
    for (let turn = 0; turn < 3; turn += 1) await tried('slow', 'a');
    expect(await tried('slow')).toEqual(['too_large']);

    slow.clear();
    time.now += 6 * 60_000;
    expect(committer.stuck).toEqual(['slow']);

    expect(await tried('slow')).toEqual(['committed']);
    expect(committer.stuck).toEqual([]);
    expect(await tried('slow', 'a')).toEqual(['committed', 'committed']);
  });

  it('refuses nothing while nothing at all gets through: that is the database, and it says so', async () => {
    const slow = new Set(['a', 'b']);
    const { committer, tried, refused, time } = aSlowCommitter(slow);
    for (let turn = 0; turn < 6; turn += 1) expect(await tried('a', 'b')).toEqual(['unavailable', 'unavailable']);
    expect(refused).toEqual([]);
    expect(committer.nothingGetsThrough).toBe(true);

    slow.clear();

    expect(await tried('a', 'b')).toEqual(['committed', 'committed']);
    expect(committer.nothingGetsThrough).toBe(false);
    slow.add('c');
    await tried('c');
    expect(committer.nothingGetsThrough).toBe(false);
    slow.add('d');
    await tried('d');
    expect(committer.nothingGetsThrough).toBe(true);
    time.now += 61_000;
    expect(committer.nothingGetsThrough).toBe(false);
  });

  it('lets those that only shared a commit go before those that may have held it up', async () => {
    const { tried, batches } = aSlowCommitter(new Set(['slow']));
    await tried('slow', 'a', 'b');
    await tried('slow');
    batches.length = 0;

    await tried('slow', 'a', 'b');

    expect(batches).toEqual([['b'], ['a'], ['slow']]);
  });
});
