import pg from 'pg';
import { FixpointError, messageOf } from '../../domain/errors.js';
import type { Db, Queryable, Statement } from '../db.js';
import { readInstant } from '../db.js';

const BYTEA = 17;
const INT8 = 20;
const JSON_TYPE = 114;
const TIMESTAMPTZ = 1184;

const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [BYTEA]: (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex')),
  [INT8]: Number,
  [TIMESTAMPTZ]: readInstant,
};

/**
 * Prepared statements live as long as their connection. A plan that was made while a table was small would read the whole of it for ever
 * after, and one that is made anew for every commit costs more than the commit.
 */
const STEADY_PLANS = '-c enable_seqscan=off -c plan_cache_mode=force_generic_plan';
/**
 * A plan that has to read a whole table all the same is taken for enormously dear, and compiled: half a second of work for one of a millisecond,
 * at every heartbeat.
 */
const NO_COMPILING = '-c jit=off';

/** A pool of connections to a real Postgres (13 or later). Connects when first asked; `onError` hears of connections that died idle. */
export function openPool(
  url: string,
  options: { lanes: number; feeds?: boolean; onError: (error: Error) => void },
): Db {
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    // A statement that hangs (a lost network, a lock) must not hold a 202 for ever.
    statement_timeout: 30_000,
    query_timeout: 35_000,
    keepAlive: true,
    application_name: 'fixpoint',
    options: `-c timezone=UTC ${STEADY_PLANS} ${NO_COMPILING}${options.feeds ? ' -c fixpoint.run_feed=on' : ''}`,
    types: { getTypeParser: parserOf },
  };
  const pool = new pg.Pool({ ...connection, max: options.lanes + 6 });
  // What waits for a connection waits in line, and a thousand runs that are taken up at once make a long one.
  // Never closed for being idle: that its session lives is how others see that this process does.
  const urgent = new pg.Pool({ ...connection, max: 1, idleTimeoutMillis: 0 });
  for (const each of [pool, urgent]) {
    each.on('error', options.onError);
    // The pool listens to those that idle. One that ends between two statements of a transaction would end the process.
    each.on('connect', (client) => client.on('error', () => undefined));
  }
  let activity = 0;
  /** Counted when it begins and when it has ended: who looks in between may have seen it or not. */
  async function counted<T>(work: Promise<T>): Promise<T> {
    activity += 1;
    try {
      return await work;
    } finally {
      activity += 1;
    }
  }
  return {
    kind: 'postgres',
    lanes: options.lanes,
    query: (statement) => (statement.looks ? ask(pool, statement) : counted(ask(pool, statement))),
    urgent: (statement) => counted(ask(urgent, statement)),
    script: (sql) => counted(runScript(pool, sql)),
    jsonList: { value: binaryArray, rows: (place) => `unnest(${place}::json[])` },
    transaction: (work) => counted(inTransaction(pool, work)),
    activity: () => activity,
    stop: async () => {
      await Promise.all([pool.end(), urgent.end()]);
    },
  };
}

/**
 * JSON texts as the database itself sends and receives an array (`array_recv`: dimensions, whether any is null, type, length, first index,
 * then each with its length): nothing has to be escaped here, and there each is read once.
 */
function binaryArray(texts: readonly string[]): Buffer {
  const header = texts.length === 0 ? [0, 0, JSON_TYPE] : [1, 0, JSON_TYPE, texts.length, 1];
  const bytes = texts.reduce((sum, text) => sum + 4 + Buffer.byteLength(text), 4 * header.length);
  const array = Buffer.allocUnsafe(bytes);
  let end = 0;
  for (const number of header) end = array.writeInt32BE(number, end);
  for (const text of texts) {
    const written = array.write(text, end + 4);
    array.writeInt32BE(written, end);
    end += 4 + written;
  }
  return array;
}

function parserOf(oid: number, format?: string): (text: string) => unknown {
  return (
    PARSERS[oid] ?? (pg.types.getTypeParser(oid, format === 'binary' ? 'binary' : 'text') as (text: string) => unknown)
  ); // pg types its parsers as any
}

async function ask<Row>(client: pg.Pool | pg.PoolClient, statement: Statement): Promise<Row[]> {
  const asked = {
    text: statement.text,
    values: statement.values === undefined ? undefined : [...statement.values],
    name: statement.name,
  } as pg.QueryConfig; // pg's type does not admit undefined under exactOptionalPropertyTypes
  const result = await client.query(asked).catch(rethrow);
  return result.rows as Row[]; // what a statement selects is known to the one who wrote it
}

async function runScript(client: pg.Pool | pg.PoolClient, sql: string): Promise<void> {
  await client.query(sql).catch(rethrow);
}

/** What the server says when it is stopping, full, broken, only to be read, or too slow: nothing of it is about what was asked. */
const AWAY = /^(08...|25006|53...|57014|57P0[1-5]|58...)$/;

/**
 * A database that cannot be used now is `unavailable`, whatever the driver calls it: most of its own errors (no connection within the limit, no
 * answer, a connection that ended) have no code. An error about what was asked stays as it is.
 */
function rethrow(error: unknown): never {
  const isOurs = error instanceof TypeError || error instanceof RangeError || error instanceof FixpointError;
  if (isOurs || (error instanceof pg.DatabaseError && !AWAY.test(error.code ?? ''))) throw error;
  throw new FixpointError('unavailable', `the database does not answer: ${messageOf(error)}`, { cause: error });
}

async function inTransaction<T>(pool: pg.Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch(rethrow);
  let broken: Error | undefined;
  try {
    await runScript(client, 'begin');
    const answer = await work({
      query: (statement) => ask(client, statement),
      script: (sql) => runScript(client, sql),
    });
    await runScript(client, 'commit');
    return answer;
  } catch (error) {
    try {
      await client.query('rollback');
    } catch (rollbackError) {
      // The connection is gone, so the transaction is too; the pool must not hand it out again.
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    }
    throw error;
  } finally {
    client.release(broken);
  }
}
