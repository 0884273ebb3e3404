import { describe, expect, it } from 'vitest';
import type { Db, Statement } from '../db.js';
import type { Rows, RunRow } from './commit.js';
import { writeRows } from './commit.js';

/** What Postgres keeps of a statement's name: two names with the same beginning are one name to it. */
const KEPT = 63;

/** One row for every table; what is in it does not matter where nothing is sent. */
const EVERYTHING = {
  changes: [{ r: 'R', s: 1, e: [] }],
  runs: [],
  outbox: [],
  approvals: [],
  writes: [{ s: 'shop', a: '2026-11-21T10:00:00.000Z' }],
  finished: ['R'],
  alerts: [],
  repeats: [{ f: 'A', a: '2026-11-21T10:00:00.000Z', i: [] }],
  occurrences: [],
  seen: [{ key: 'K', version: 1 }],
  poke: ['R'],
  joined: ['R'],
  unwritten: [{ s: 'shop', a: null }],
  sources: [{ k: 'K', d: null }],
  budgets: [],
  unmatched: [],
} satisfies Required<Rows>;

function statementsOf(asked: readonly Rows[]): Promise<Statement[]> {
  const sent: Statement[] = [];
  const db = {
    query: (statement: Statement) => {
      sent.push(statement);
      return Promise.resolve([]);
    },
    jsonList: { value: (texts: readonly string[]) => texts, rows: (place: string) => place },
  } as unknown as Db; // nothing else of it is used
  return Promise.all(asked.map((rows) => writeRows(db, [rows]))).then(() => sent);
}

describe('the statement of a commit', () => {
  it('keeps the mark of a run that one operation changes and another one pokes', async () => {
    const asked: (readonly unknown[])[] = [];
    const db = {
      query: ({ values }: Statement) => {
        asked.push(values ?? []);
        return Promise.resolve([]);
      },
      jsonList: { value: (texts: readonly string[]) => texts, rows: (place: string) => place },
    } as unknown as Db; // nothing else of it is used
    const row = { r: 'R', d: {}, pk: false } as unknown as RunRow; // the rest does not matter here
    await writeRows(db, [{ runs: [row, { ...row, r: 'S' }] }, { poke: ['R', 'T'] }]);

    const marks = (JSON.parse(String(asked[0]?.[0])) as RunRow[]).map(({ r, pk }) => [r, pk]);
    expect(marks).toEqual([
      ['R', true],
      ['S', false],
    ]);
    expect(asked[0]?.[2]).toEqual(['R', 'T']);
  });

  it('has a name of its own for every choice of tables, short enough to be kept whole', async () => {
    const tables = Object.keys(EVERYTHING) as (keyof Rows)[]; // of an object that is written out above
    // Up to three tables, and all but up to three: what a longest name and its neighbours are made of.
    const few = tables.flatMap((a) => tables.flatMap((b) => tables.map((c) => new Set([a, b, c]))));
    const many = few.map((left_out) => new Set(tables.filter((table) => !left_out.has(table))));
    const choices = [...new Map([...few, ...many].map((choice) => [[...choice].sort().join(), choice])).values()];

    const statements = await statementsOf(
      choices.map((choice) =>
        Object.fromEntries(
          [...choice].map((table) => [table, EVERYTHING[table].length > 0 ? EVERYTHING[table] : [{ d: {}, de: [] }]]),
        ),
      ),
    );

    expect(statements).toHaveLength(choices.length);
    expect(new Set(statements.map(({ text }) => text)).size).toBe(statements.length);
    expect(new Set(statements.map(({ name }) => name?.slice(0, KEPT))).size).toBe(statements.length);
    expect(Math.max(...statements.map(({ name }) => name?.length ?? Infinity))).toBeLessThanOrEqual(KEPT);
  });
});
