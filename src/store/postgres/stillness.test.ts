import { expect, it } from 'vitest';
import type { Db, Statement } from '../db.js';
import { Stillness } from './stillness.js';

const NOW = '2026-01-01T00:00:00.000Z';
const QUESTION = { text: 'what is due' };
const NEXT = { text: 'when is something due' };

/** A database with this much activity, that answers `rows` and the next instant, and what it was asked. */
function database(world: { activity: number | null; rows: unknown[]; next: string | null }) {
  const asked: string[] = [];
  const query = (statement: Statement): Promise<unknown[]> => {
    asked.push(statement.text);
    return Promise.resolve(statement.text === NEXT.text ? [{ at: world.next }] : world.rows);
  };
  const db = { query, activity: () => world.activity } as unknown as Db;
  return { asked, still: new Stillness(db) };
}

it('does not ask again what found nothing, until something has changed', async () => {
  const world = { activity: 1, rows: [] as unknown[], next: null };
  const { asked, still } = database(world);

  await still.ask('w', NOW, QUESTION, NEXT);
  await still.ask('w', NOW, QUESTION, NEXT);
  expect(asked).toEqual([QUESTION.text, NEXT.text]);

  Object.assign(world, { activity: 2, rows: [{ id: 1 }] });
  expect(await still.ask('w', NOW, QUESTION, NEXT)).toEqual([{ id: 1 }]);
});

it('asks again what found something', async () => {
  const { asked, still } = database({ activity: 1, rows: [{ id: 1 }], next: null });

  await still.ask('w', NOW, QUESTION, NEXT);
  await still.ask('w', NOW, QUESTION, NEXT);
  expect(asked).toEqual([QUESTION.text, QUESTION.text]);
});

it('asks again when something is due', async () => {
  const { asked, still } = database({ activity: 1, rows: [], next: '2026-01-01T00:00:01.000Z' });

  await still.ask('w', NOW, QUESTION, NEXT);
  await still.ask('w', '2026-01-01T00:00:00.999Z', QUESTION, NEXT);
  expect(asked).toEqual([QUESTION.text, NEXT.text]);
  await still.ask('w', '2026-01-01T00:00:01.000Z', QUESTION, NEXT);
  expect(asked).toEqual([QUESTION.text, NEXT.text, QUESTION.text, NEXT.text]);
});

it('asks for another asker, and always where others change the database as well', async () => {
  const alone = database({ activity: 1, rows: [], next: null });
  await alone.still.ask('w', NOW, QUESTION, null);
  await alone.still.ask('other', NOW, QUESTION, null);
  expect(alone.asked).toEqual([QUESTION.text, QUESTION.text]);

  const shared = database({ activity: null, rows: [], next: null });
  await shared.still.ask('w', NOW, QUESTION, NEXT);
  await shared.still.ask('w', NOW, QUESTION, NEXT);
  expect(shared.asked).toEqual([QUESTION.text, QUESTION.text]);
});
