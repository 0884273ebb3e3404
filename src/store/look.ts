import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConnectionCheck } from '../domain/connection.js';
import { counted } from '../domain/counted.js';
import { messageOf } from '../domain/errors.js';
import { migrationState } from './migrate.js';
import { checkDb, openDb } from './open.js';
import type { StoreOptions } from './open.js';

/** How a store is, for people who ask before they start: none is made, and no table is brought up to date. Rejects where it cannot be opened. */
export async function lookAtStore(options: StoreOptions): Promise<ConnectionCheck> {
  if (options.url === null && !existsSync(join(options.directory, 'pg', 'PG_VERSION')))
    return absent(options.directory);
  const { db, description, stopUpkeep } = await openDb(options);
  try {
    const found = await checkDb(db, description);
    if (!found.ok) return found;
    const { known, applied } = await migrationState(db, options.migrations);
    return { ...found, ...tablesOf(known, applied, found.message) };
  } finally {
    stopUpkeep();
    await db.stop();
  }
}

function tablesOf(known: readonly string[], applied: readonly string[] | null, found: string) {
  if (applied === null) return { message: `${found}; no Fixpoint was here yet: the first start makes its tables` };
  const newer = applied.filter((name) => !known.includes(name));
  if (newer.length > 0)
    return { ok: false, message: `${found}, written by a newer Fixpoint (${newer.join(', ')}): start that one` };
  const waiting = known.length - applied.length;
  if (waiting === 0) return {};
  return { message: `${found}; the next start brings its tables up to date (${counted(waiting, 'migration')})` };
}

/** Where there is no store yet, the folder that it will be made in is what can be looked at. */
function absent(directory: string): ConnectionCheck {
  const target = `embedded store in ${directory}`;
  let folder = directory;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return { name: 'store', target, ok: true, message: 'there is none yet: the first start makes it', required: true };
  } catch (error) {
    const message = `there is none yet, and none can be made: ${messageOf(error)}`;
    return { name: 'store', target, ok: false, message, required: true };
  }
}
