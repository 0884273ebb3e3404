import type { Db } from '../db.js';

/** Smaller tables are left as they are, and so are those of which less than this share is empty: the room will be used again. */
const LEAST_BYTES = 32 * 1024 * 1024;
const SHARE_EMPTY = 0.5;
/** What is written anew while nothing else is answered (measured: 80 MB take a second). */
const MOST_LIVE_BYTES = 128 * 1024 * 1024;
/** Pages that are looked at to tell how full a table is. */
const SAMPLE_PAGES = 500;
const PAGE_BYTES = 8_192;
/** Of a row besides its values: its header, its place in the page, and what rounding costs. */
const ROW_BYTES = 36;
/** What the log may take of it, besides the table and its indexes. */
const ROOM_TIMES = 4;

interface Table {
  readonly name: string;
  readonly bytes: number;
  readonly pages: number;
  /** Bytes of one row as they are stored, as an expression. */
  readonly row_bytes: string;
}

/**
 * Gives the room that removed rows have left back to the system, for the embedded store, whose rows are removed from the oldest on: an
 * ordinary vacuum gives back only what is empty at a table's end, and there the newest rows are. A table that is mostly empty, and of which
 * little is left, is written anew.
 */
export class GiveBack {
  readonly #db: Db;
  readonly #roomBytes: () => Promise<number>;
  /** How large tables were after they were written anew: one that did not get smaller is no reason to try again and again. */
  readonly #after = new Map<string, number>();

  /** `roomBytes` says how much the disk has left. */
  constructor(db: Db, roomBytes: () => Promise<number>) {
    this.#db = db;
    this.#roomBytes = roomBytes;
  }

  /** Writes the largest table anew that is worth it, and answers its name; null when none is. Nothing else is answered meanwhile. */
  async next(): Promise<string | null> {
    for (const table of await this.#large()) {
      if (table.bytes < 2 * (this.#after.get(table.name) ?? 0)) continue;
      const live = await this.#liveBytes(table);
      if (live > MOST_LIVE_BYTES || live > table.bytes * (1 - SHARE_EMPTY)) continue;
      if ((await this.#roomBytes()) < live * ROOM_TIMES + LEAST_BYTES) continue;
      await this.#db.script(`vacuum full ${table.name}`);
      // The old files are removed by the next checkpoint.
      await this.#db.script('checkpoint');
      this.#after.set(table.name, await this.#bytes(table.name));
      return table.name;
    }
    return null;
  }

  #large(): Promise<Table[]> {
    return this.#db.query<Table>({
      text: `with large as (select pg_class.oid, quote_ident(nspname) || '.' || quote_ident(relname) as name,
          pg_table_size(pg_class.oid)::int8 as bytes, greatest(1, pg_relation_size(pg_class.oid) / $2)::int8 as pages
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace where relkind = 'r' and nspname = 'public')
      select name, bytes, pages, (select string_agg(format('coalesce(pg_column_size(%I), 0)', attname), ' + ')
          from pg_attribute where attrelid = large.oid and attnum > 0 and not attisdropped) as row_bytes
        from large where bytes >= $1 order by bytes desc`,
      values: [LEAST_BYTES, PAGE_BYTES],
    });
  }

  /** About how many bytes its rows take, with what is stored beside them: that is asked for its size, not read. */
  async #liveBytes({ name, pages, row_bytes }: Table): Promise<number> {
    const percent = Math.min(100, (100 * SAMPLE_PAGES) / pages);
    const [row] = await this.#db.query<{ bytes: number | null }>({
      text: `select sum(${ROW_BYTES} + ${row_bytes})::float8 as bytes from ${name} tablesample system (${percent})`,
    });
    return ((row?.bytes ?? 0) * 100) / percent;
  }

  async #bytes(name: string): Promise<number> {
    const [row] = await this.#db.query<{ bytes: number }>({
      text: 'select pg_table_size($1::regclass)::int8 as bytes',
      values: [name],
    });
    return row?.bytes ?? 0;
  }
}
