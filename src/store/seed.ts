import { rm, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { migrate } from './migrate.js';
import { createEmbedded } from './postgres/embedded.js';

/** Makes the prepared empty database that the first start of an embedded store copies: `initdb` takes seconds and 800 MB, a copy neither. */
export async function buildSeed(target: string, migrations: string): Promise<void> {
  const aside = `${target}.new`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  await createEmbedded(aside, async (db) => void (await migrate(db, migrations)));
  await rm(target, { recursive: true, force: true });
  await rename(aside, target);
}
