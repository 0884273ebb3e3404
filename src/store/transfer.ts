import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { instant } from '../domain/clock.js';
import { FixpointError, messageOf } from '../domain/errors.js';
import { whereJsonBreaks } from '../domain/json-place.js';
import { sqlState } from './db.js';
import type { Db, Queryable } from './db.js';
import { migrate, migrationState } from './migrate.js';
import { openDb } from './open.js';
import type { StoreOptions } from './open.js';
import { faultOf, insertRows, isEmpty, pagesOf, readLayouts, TABLES } from './transfer-table.js';
import type { Layout, TableName } from './transfer-table.js';

/** Counts up when a reader of an older number could not understand the file. */
const FORMAT = 1;
/** Rows, and characters of them, that are added in one statement. */
const BATCH_ROWS = 500;
const BATCH_CHARS = 4 * 1024 * 1024;

/** A line of a file, and which one it is, counted from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** How many rows of each table went over. */
export type TransferCounts = Readonly<Record<TableName, number>>;

export interface Exported {
  readonly counts: TransferCounts;
  /** Where it came from. */
  readonly from: string;
  /** Processes that go on working on the database meanwhile: what they do is not in the file. */
  readonly at_work: number;
}

export interface Imported {
  readonly counts: TransferCounts;
  /** Where it went. */
  readonly into: string;
}

/**
 * Writes a whole installation as JSON lines: a header, one line for each row, and at the end how many there were. It is the state of one
 * moment, also when others go on working on the database. `write` is waited for: memory holds some megabytes at a time.
 */
export async function exportStore(
  options: StoreOptions & { readonly version: string },
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<Exported> {
  if (options.url === null && !existsSync(join(options.directory, 'pg', 'PG_VERSION')))
    throw new FixpointError(
      'not_found',
      `there is no embedded store in ${options.directory}; set FIXPOINT_DATA_DIR, or DATABASE_URL for a Postgres`,
    );
  return withDb(options, async (db, description) => {
    const migrations = await presentMigrations(db, options.migrations, description);
    return db.transaction(async (tx) => {
      await tx.script('set transaction isolation level repeatable read, read only');
      await tx.script('set local idle_in_transaction_session_timeout = 0');
      // The first statement fixes the moment.
      const layouts = await readLayouts(tx);
      const header = {
        fixpoint_export: FORMAT,
        version: options.version,
        exported_at: instant(options.clock.now()),
        migrations,
      };
      await write(`${JSON.stringify(header)}\n`);
      const counts = noCounts();
      for (const layout of layouts) {
        for await (const rows of pagesOf(tx, layout)) {
          refuseIfAborted(signal);
          await write(rows.map((row) => `{"table":"${layout.table}","row":${oneLine(row)}}\n`).join(''));
          counts[layout.table] += rows.length;
        }
      }
      await write(`${JSON.stringify({ end: counts })}\n`);
      // Who has the embedded store has it alone: what is still written there is the lease of a process that was killed.
      return { counts, from: description, at_work: options.url === null ? 0 : await processesAtWork(tx) };
    });
  });
}

/**
 * Reads what `exportStore` wrote into an empty database, in one transaction: when it fails, nothing is there. Throws `invalid` with the number
 * of the line that is wrong, and `conflict` when the database is not empty or others are at work on it.
 */
export async function importStore(
  options: StoreOptions,
  lines: AsyncIterable<Line>,
  signal: AbortSignal,
): Promise<Imported> {
  return withDb(options, async (db, description) => {
    await migrate(db, options.migrations);
    const known = await presentMigrations(db, options.migrations, description);
    return db.transaction(async (tx) => {
      await tx.script(`lock table ${TABLES.join(', ')} in share row exclusive mode`);
      await tx.script('set local idle_in_transaction_session_timeout = 0');
      await refuseUnlessEmpty(tx, description);
      const counts = await readInto(tx, lines, known, signal);
      return { counts, into: description };
    });
  });
}

function refuseIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new FixpointError('unavailable', 'interrupted; nothing is left of what was begun');
}

async function withDb<T>(options: StoreOptions, work: (db: Db, description: string) => Promise<T>): Promise<T> {
  const { db, description, stopUpkeep } = await openDb(options).catch((error: unknown) => {
    if (options.url !== null || !(error instanceof FixpointError) || error.code !== 'conflict') throw error;
    const way = 'stop it, do this, and start it again (with DATABASE_URL an export needs no stop)';
    throw new FixpointError(
      'conflict',
      `a running Fixpoint holds ${options.directory}, one process at a time: ${way}`,
      {
        cause: error,
      },
    );
  });
  // One long transaction: nothing is to come between on the embedded database's only session.
  stopUpkeep();
  try {
    await reach(db, description);
    return await work(db, description);
  } finally {
    await db.stop();
  }
}

async function reach(db: Db, description: string): Promise<void> {
  try {
    await db.query({ text: 'select 1' });
  } catch (error) {
    const message = `cannot use ${description}: ${messageOf(error)}. Check DATABASE_URL.`;
    throw new FixpointError('unavailable', message, { cause: error });
  }
}

/** The names of all migrations, when the database has exactly those that this program knows. */
async function presentMigrations(db: Queryable, directory: string, description: string): Promise<readonly string[]> {
  const { applied, known } = await migrationState(db, directory);
  if (applied === null)
    throw new FixpointError('not_found', `${description} holds no Fixpoint; nothing is there to be exported`);
  if (applied.join() !== known.join())
    throw new FixpointError(
      'conflict',
      `${description} is at migration ${applied.at(-1) ?? 'none'}, this version of Fixpoint at ${known.at(-1) ?? 'none'}; bring it up to date first: fixpoint migrate`,
    );
  return known;
}

async function refuseUnlessEmpty(tx: Queryable, description: string): Promise<void> {
  const filled: string[] = [];
  for (const table of TABLES) if (!(await isEmpty(tx, table))) filled.push(table);
  if (filled.length > 0)
    throw new FixpointError(
      'conflict',
      `${description} is not empty (${filled.join(', ')}); an import needs a database on which no Fixpoint has run yet: make a new one, or name another directory`,
    );
  if ((await processesAtWork(tx)) > 0)
    throw new FixpointError('conflict', `a Fixpoint is at work on ${description}; stop it first`);
}

async function processesAtWork(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    text: 'select count(*) as count from workers where until > now()',
  });
  return row?.count ?? 0;
}

function noCounts(): Record<TableName, number> {
  return Object.fromEntries(TABLES.map((table) => [table, 0])) as Record<TableName, number>; // every table has its entry
}

/** A document that was kept with line breaks in it: between its parts they mean nothing, and within texts they are escaped. */
function oneLine(json: string): string {
  return /[\n\r]/.test(json) ? json.replace(/[\n\r]/g, ' ') : json;
}

async function readInto(
  tx: Queryable,
  lines: AsyncIterable<Line>,
  known: readonly string[],
  signal: AbortSignal,
): Promise<TransferCounts> {
  const layouts = new Map((await readLayouts(tx)).map((layout) => [layout.table as string, layout]));
  const counts = noCounts();
  const batch = new Batch(tx);
  let place: 'before' | 'in' | 'after' = 'before';
  let number = 0;
  for await (const line of lines) {
    refuseIfAborted(signal);
    number = line.number;
    const value = parseLine(line);
    if (place === 'before') {
      checkHeader(value, known);
      place = 'in';
    } else if (place === 'after') {
      throw fault(number, 'expected the file to end here');
    } else if ('end' in value) {
      await batch.flush();
      checkEnd(number, value.end, counts);
      place = 'after';
    } else {
      const { layout, row } = rowOf(number, value, layouts);
      await batch.add(layout, row, line);
      counts[layout.table] += 1;
    }
  }
  if (place === 'before') throw new FixpointError('invalid', 'the file is empty; expected an export of Fixpoint');
  if (place === 'in')
    throw fault(number + 1, 'the file ends here, without its last line: it was cut off, or its export was');
  return counts;
}

/** Rows of one table that are added together. */
class Batch {
  readonly #tx: Queryable;
  #layout: Layout | null = null;
  #rows: Readonly<Record<string, unknown>>[] = [];
  #chars = 0;
  #first = 0;
  #last = 0;

  constructor(tx: Queryable) {
    this.#tx = tx;
  }

  async add(layout: Layout, row: Readonly<Record<string, unknown>>, line: Line): Promise<void> {
    if (layout !== this.#layout || this.#rows.length >= BATCH_ROWS || this.#chars >= BATCH_CHARS) await this.flush();
    if (this.#rows.length === 0) this.#first = line.number;
    this.#layout = layout;
    this.#rows.push(row);
    this.#chars += line.text.length;
    this.#last = line.number;
  }

  async flush(): Promise<void> {
    if (this.#layout === null || this.#rows.length === 0) return;
    try {
      await insertRows(this.#tx, this.#layout, this.#rows);
    } catch (error) {
      const state = sqlState(error);
      // Only what the data is to blame for: data exceptions and broken constraints.
      if (state === null || !/^2[23]/.test(state)) throw error;
      throw fault(
        this.#first,
        `the rows of ${this.#layout.table} from here to line ${this.#last} cannot be added: ${messageOf(error)}`,
      );
    }
    this.#rows = [];
    this.#chars = 0;
  }
}

function fault(line: number, message: string): FixpointError {
  return new FixpointError('invalid', `line ${line}: ${message}`);
}

function parseLine({ number, text }: Line): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not the parser's own words: they quote the text.
    const place = whereJsonBreaks(text);
    throw fault(number, `not JSON${place === null ? '' : ` at column ${place.column}`}`);
  }
  if (!isObject(value)) throw fault(number, 'expected a JSON object');
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkHeader(header: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  if (!('fixpoint_export' in header)) throw fault(1, 'expected the header of an export of Fixpoint');
  if (header.fixpoint_export !== FORMAT)
    throw fault(
      1,
      `expected format ${FORMAT}, came ${JSON.stringify(header.fixpoint_export)}; import it with the version that wrote it, or a later one`,
    );
  const { migrations } = header;
  if (!Array.isArray(migrations) || !migrations.every((name) => typeof name === 'string'))
    throw fault(1, 'migrations: expected a list of names');
  if (migrations.join() === known.join()) return;
  const version = typeof header.version === 'string' ? header.version : 'another version';
  throw fault(
    1,
    migrations.every((name) => known.includes(name))
      ? `the file was written by Fixpoint ${version} at migration ${String(migrations.at(-1))}, this one is at ${String(known.at(-1))}; run fixpoint migrate of this version where it came from, and export again`
      : `the file was written by a version of Fixpoint (${version}) that this one does not know; import it with that version`,
  );
}

function checkEnd(number: number, end: unknown, counts: TransferCounts): void {
  for (const table of TABLES) {
    const told = isObject(end) ? end[table] : undefined;
    if (told !== counts[table])
      throw fault(number, `expected ${String(told)} rows of ${table}, came ${counts[table]}: the file is not whole`);
  }
}

function rowOf(
  number: number,
  value: Readonly<Record<string, unknown>>,
  layouts: ReadonlyMap<string, Layout>,
): { layout: Layout; row: Readonly<Record<string, unknown>> } {
  const { table, row } = value;
  const layout = typeof table === 'string' ? layouts.get(table) : undefined;
  if (!layout) throw fault(number, `table: expected one of ${TABLES.join(', ')}`);
  if (!isObject(row)) throw fault(number, 'row: expected an object');
  for (const column of layout.columns) {
    if (!Object.hasOwn(row, column.name)) throw fault(number, `row.${column.name}: is missing`);
    const wrong = faultOf(column, row[column.name]);
    if (wrong !== null) throw fault(number, `row.${column.name}: ${wrong}`);
  }
  const unknown = Object.keys(row).find((name) => !layout.columns.some((column) => column.name === name));
  if (unknown !== undefined) throw fault(number, `row.${unknown.slice(0, 60)}: ${layout.table} has no such column`);
  return { layout, row };
}
