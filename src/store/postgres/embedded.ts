import { existsSync, statSync, readdirSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { PGlite, types } from '@electric-sql/pglite';
import { FixpointError, messageOf } from '../../domain/errors.js';
import type { Db, Statement } from '../db.js';
import { readInstant } from '../db.js';
import { lockDirectory } from '../lock.js';

const BYTEA = 17;
const INT8 = 20;
const TIMESTAMPTZ = 1184;
const TEXT_ARRAY = 1009;
const INT8_ARRAY = 1016;

/**
 * V8 compiles a function of WebAssembly once more, and well, when it has run for some 1.8 MB of code. At a start that is hundreds of functions:
 * a third of its time and some 40 MB. With this much patience those are compiled well that go on being used; measured, nothing is slower later.
 */
const WASM_TIERING_BUDGET = 30_000_000;

/** After this much WAL the store is checkpointed; PGlite never does it by itself and the log would grow without end. */
export const CHECKPOINT_WAL_BYTES = 64 * 1024 * 1024;

/** How many statements may be answered before the event loop turns. */
const IN_A_TURN = 8;

/** PGlite's own start parameters (its `defaultStartParams`) and ours: memory matters more than cache here, and instants come back as text. */
const OPTIONS = {
  parsers: { [BYTEA]: readBytes, [INT8]: Number, [TIMESTAMPTZ]: readInstant, [TEXT_ARRAY]: readTexts },
  serializers: {
    // PGlite's own goes byte by byte: a body of 1 MB takes four times as long to be written, and nothing else is answered meanwhile.
    [BYTEA]: (bytes: unknown) => `\\x${Buffer.from(bytes as Uint8Array).toString('hex')}`, // statements hand bytes over as such
    [TEXT_ARRAY]: (texts: unknown) => types.arraySerializer(texts, types.serializers[types.TEXT], TEXT_ARRAY),
    [INT8_ARRAY]: (numbers: unknown) => types.arraySerializer(numbers, types.serializers[types.INT8], INT8_ARRAY),
  },
  startParams: [
    '--single',
    '-F',
    '-O',
    '-j',
    '-c',
    'search_path=public',
    '-c',
    'exit_on_error=false',
    '-c',
    'log_checkpoints=false',
    '-c',
    'max_worker_processes=0',
    '-c',
    'max_parallel_workers=0',
    '-c',
    'max_parallel_workers_per_gather=0',
    '-c',
    'max_parallel_maintenance_workers=0',
    '-c',
    'io_method=sync',
    '-c',
    'shared_buffers=8MB',
    '-c',
    'timezone=UTC',
  ],
};

/** PGlite asks at every start what types of arrays there are, which takes as long as opening does; the ones that are used here are known. */
class Lite extends PGlite {
  static async open(directory: string): Promise<Lite> {
    setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`);
    const lite = new Lite({ dataDir: directory, ...OPTIONS });
    await lite.waitReady;
    return lite;
  }

  override _initArrayTypes(): Promise<void> {
    return Promise.resolve();
  }
}

/** As `\x` and two digits for each byte. */
function readBytes(text: string): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(text.slice(2), 'hex');
  return new Uint8Array(buffer, byteOffset, length);
}

function readTexts(text: string): unknown {
  return types.arrayParser(text, (element) => element, TEXT_ARRAY);
}

/**
 * The embedded Postgres in `directory`: one session, one process (a second one is refused by a lock). A first start copies `seed`, a
 * prepared empty database, where there is one; without it the database is made on the spot, which takes some seconds.
 * It survives a killed process, not a power cut: PGlite never calls fsync.
 */
export async function openEmbedded(
  directory: string,
  seed: string | null,
): Promise<Db & { checkpoint(): Promise<boolean> }> {
  const unlock = await takeDirectory(directory);
  try {
    const data = join(directory, 'pg');
    if (!existsSync(join(data, 'PG_VERSION')))
      await plant(data, seed).catch((error: unknown) => {
        throw unusable(directory, error);
      });
    const lite = await Lite.open(data);
    return embeddedDb(lite, data, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The directory, made where it was missing, for this process alone. */
async function takeDirectory(directory: string): Promise<() => void> {
  try {
    await makeDirectory(directory);
    return lockDirectory(directory);
  } catch (error) {
    throw error instanceof FixpointError ? error : unusable(directory, error);
  }
}

/** Folder by folder: where one cannot be made though its parent is there (below /proc), Node's `recursive` never comes back. */
async function makeDirectory(directory: string): Promise<void> {
  if (existsSync(directory)) return;
  await makeDirectory(dirname(directory));
  await mkdir(directory).catch((error: unknown) => {
    if (!existsSync(directory)) throw error; // another process may have been first
  });
}

function unusable(directory: string, cause: unknown): FixpointError {
  const words = `the data directory ${directory} cannot be used: ${messageOf(cause)}`;
  const advice = 'Set FIXPOINT_DATA_DIR (data_dir) to one that can be written.';
  return new FixpointError('unavailable', `${words}. ${advice}`, { cause });
}

/** Makes an empty database in `directory`: what the first start of an embedded store copies. */
export async function createEmbedded(directory: string, prepare: (db: Db) => Promise<void>): Promise<void> {
  const lite = await Lite.open(directory);
  const db = embeddedDb(lite, directory, () => undefined);
  await prepare(db);
  await db.stop();
}

async function plant(data: string, seed: string | null): Promise<void> {
  if (seed === null || !existsSync(join(seed, 'PG_VERSION'))) return;
  // Copied aside and renamed, so that a start that is killed half-way leaves no half database behind.
  const aside = `${data}.new`;
  await rm(aside, { recursive: true, force: true });
  await cp(seed, aside, { recursive: true });
  await rename(aside, data);
}

function embeddedDb(lite: PGlite, data: string, unlock: () => void): Db & { checkpoint(): Promise<boolean> } {
  let stopped: Promise<void> | null = null;
  let walSeen = walBytes(data);
  let activity = 0;
  const turns = new LoopTurns();
  async function query<Row>(statement: Statement): Promise<Row[]> {
    if (statement.looks !== true) activity += 1;
    await turns.give();
    return ask(lite, statement);
  }
  async function stop(): Promise<void> {
    await lite.exec('checkpoint');
    await lite.close();
    unlock();
  }
  return {
    kind: 'embedded',
    lanes: 1,
    query,
    // One session: nobody waits for another.
    urgent: query,
    // An array would have to be escaped, and read once more for that.
    jsonList: { value: (texts) => `[${texts.join(',')}]`, rows: (place) => `json_array_elements(${place}::json)` },
    transaction: (work) => {
      activity += 1;
      return lite.transaction((tx) =>
        work({ query: (statement) => ask(tx, statement), script: async (sql) => void (await tx.exec(sql)) }),
      );
    },
    script: async (sql) => {
      activity += 1;
      await lite.exec(sql);
    },
    activity: () => activity,
    stop: () => (stopped ??= stop()),
    async checkpoint() {
      if (walBytes(data) - walSeen < CHECKPOINT_WAL_BYTES) return false;
      await lite.exec('checkpoint');
      walSeen = walBytes(data);
      return true;
    },
  };
}

/**
 * PGlite answers within the turn of the event loop in which it is asked, and whoever is answered asks on: hundreds of runs would be worked off before
 * a request or a timer is heard again. So after some statements whoever comes next waits until all that has arrived meanwhile was heard.
 */
class LoopTurns {
  #inThisTurn = 0;

  async give(): Promise<void> {
    if (this.#inThisTurn === 0) setImmediate(() => (this.#inThisTurn = 0));
    this.#inThisTurn += 1;
    while (this.#inThisTurn > IN_A_TURN) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function ask<Row>(lite: Pick<PGlite, 'query'>, statement: Statement): Promise<Row[]> {
  const result = await lite.query<Row>(statement.text, statement.values === undefined ? [] : [...statement.values]);
  return result.rows;
}

/**
 * Bytes of log written so far. A checkpoint recycles segments by renaming them to later numbers, so the size of the folder says little:
 * the number of the newest segment that holds anything does.
 */
function walBytes(data: string): number {
  const folder = join(data, 'pg_wal');
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const name of readdirSync(folder)) if (/^[0-9A-F]{24}$/.test(name)) bytes += statSync(join(folder, name)).size;
  return bytes;
}
