import type { DeadLetter, DeadLetters } from '../../domain/alert/dead-letter.js';
import type { Ids } from '../../domain/id.js';
import { wellFormed } from '../../domain/well-formed.js';
import type { Db } from '../db.js';
import { checkCursor, Conditions, pageOf } from './page.js';

/** How much of a body a list shows. */
const SHOWN = 64 * 1024;

interface DeadLetterColumns extends Omit<DeadLetter, 'body'> {
  readonly raw: Uint8Array;
}

const COLUMNS = 'dead_letter_id, source, received_at, reason, details, replayed_at';

/** What could not be understood, byte for byte. */
export function createDeadLetters(db: Db, ids: Ids): DeadLetters {
  return {
    async add(letter) {
      const dead_letter_id = ids.next();
      await db.query({
        text: 'insert into dead_letters (dead_letter_id, source, received_at, reason, details, body) values ($1, $2, $3, $4, $5, $6)',
        values: [
          dead_letter_id,
          letter.source,
          letter.received_at,
          wellFormed(letter.reason), // it may quote the very bytes for which the body is refused
          JSON.stringify(letter.details),
          letter.body,
        ],
      });
      return dead_letter_id;
    },
    async list(page) {
      const conditions = new Conditions().add('dead_letter_id < $', checkCursor(page));
      const rows = await db.query<DeadLetterColumns>({
        text: `select ${COLUMNS}, substring(body for ${SHOWN}) as raw from dead_letters ${conditions.where} order by dead_letter_id desc limit ${conditions.param(page.limit + 1)}`,
        values: conditions.values,
      });
      return pageOf(rows.map(shown), page.limit, (letter) => letter.dead_letter_id);
    },
    async get(dead_letter_id) {
      const [row] = await db.query<DeadLetterColumns>({
        text: `select ${COLUMNS}, body as raw from dead_letters where dead_letter_id = $1`,
        values: [dead_letter_id],
      });
      return row ? { ...shown(row), raw: row.raw } : null;
    },
    async beginReplay(dead_letter_id, now, until) {
      const rows = await db.query({
        text: `insert into settings (name, value) values ($1, json_build_object('until', $3::text))
          on conflict (name) do update set value = excluded.value where (settings.value ->> 'until')::timestamptz <= $2::timestamptz
          returning 1`,
        values: [turnOf(dead_letter_id), now, until],
      });
      return rows.length === 1;
    },
    async endReplay(dead_letter_id, at) {
      // One statement: whoever gets the next turn finds the letter marked.
      await db.query({
        text: `with turn as (delete from settings where name = $1)
          update dead_letters set replayed_at = $3::timestamptz where dead_letter_id = $2 and $3::timestamptz is not null`,
        values: [turnOf(dead_letter_id), dead_letter_id, at],
      });
    },
  };
}

/** Whose turn it is to replay a letter. A process that dies in between keeps its turn until its time is over, and the letter stays. */
function turnOf(dead_letter_id: string): string {
  return `replay of dead letter ${dead_letter_id}`;
}

function shown({ raw, ...letter }: DeadLetterColumns): DeadLetter {
  return { ...letter, body: new TextDecoder().decode(raw) };
}
