import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FixpointError } from '../domain/errors.js';
import { sqlState } from './db.js';
import type { Db, Queryable } from './db.js';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/**
 * Brings the database to the newest of the plain SQL files `NNNN_name.sql`, each in a transaction of its own, forward only. Throws `conflict`
 * when a file that was applied has changed since or is gone, or when the database is newer than this program. Answers what it applied.
 */
export async function migrate(db: Db, directory: string): Promise<string[]> {
  const migrations = await readMigrations(directory);
  await makeLedger(db);
  const applied: string[] = [];
  for (;;) {
    const name = await db.transaction((tx) => applyNext(tx, migrations));
    if (name === null) return applied;
    applied.push(name);
  }
}

/** Two processes that start at once may both find no table; the one that comes second meets the first one's rows in the catalog. */
async function makeLedger(db: Db): Promise<void> {
  const sql = `create table if not exists schema_migrations (
    version integer primary key, name text not null, sha256 text not null, applied_at timestamptz not null default now())`;
  try {
    await db.script(sql);
  } catch (error) {
    if (!['23505', '42710', '42P07'].includes(sqlState(error) ?? '')) throw error;
    await db.script(sql);
  }
}

/** The names of the migrations that this program knows and that the database has; `applied` is null where no Fixpoint has been. */
export async function migrationState(
  db: Queryable,
  directory: string,
): Promise<{ readonly known: readonly string[]; readonly applied: readonly string[] | null }> {
  const known = (await readMigrations(directory)).map((migration) => migration.name);
  try {
    const rows = await db.query<{ name: string }>({ text: 'select name from schema_migrations order by version' });
    return { known, applied: rows.map((row) => row.name) };
  } catch (error) {
    if (sqlState(error) === '42P01') return { known, applied: null };
    throw error;
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const migrations: Migration[] = [];
  for (const name of names) {
    const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name);
    if (!match) throw new FixpointError('invalid', `migrations/${name}: expected a name like 0001_what_it_does.sql`);
    const sql = await readFile(join(directory, name), 'utf8');
    migrations.push({ version: Number(match[1]), name, sql, sha256: createHash('sha256').update(sql).digest('hex') });
  }
  return migrations;
}

async function applyNext(tx: Queryable, migrations: readonly Migration[]): Promise<string | null> {
  // A table lock, not an advisory one: the embedded database has one session, in which advisory locks exclude nobody.
  await tx.script('lock table schema_migrations in exclusive mode');
  const rows = await tx.query<{ version: number; name: string; sha256: string }>({
    text: 'select version, name, sha256 from schema_migrations order by version',
  });
  for (const row of rows) {
    const migration = migrations.find((candidate) => candidate.version === row.version);
    if (!migration)
      throw new FixpointError(
        'conflict',
        `the database has migration ${row.name}, which this version of Fixpoint does not know; start a version that does`,
      );
    if (migration.sha256 !== row.sha256)
      throw new FixpointError(
        'conflict',
        `migrations/${migration.name} was changed after it had been applied; restore the file and add a new one instead`,
      );
  }
  const next = migrations.find((migration) => !rows.some((row) => row.version === migration.version));
  if (!next) return null;
  await tx.script(next.sql);
  await tx.query({
    text: 'insert into schema_migrations (version, name, sha256) values ($1, $2, $3)',
    values: [next.version, next.name, next.sha256],
  });
  return next.name;
}
