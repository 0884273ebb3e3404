import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIds } from '../domain/id.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { lookAtStore } from './look.js';
import { openStore } from './open.js';
import type { StoreOptions } from './open.js';

const MIGRATIONS = join(import.meta.dirname, '..', '..', 'migrations');

describe('a look at the store before a start', () => {
  let home = '';
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'fixpoint-look-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function options(over: Partial<StoreOptions> = {}): StoreOptions {
    const clock = new FakeClock();
    const directory = join(home, 'data');
    const ids = createIds(() => clock.now(), randomBytes);
    const onError = (error: unknown): never => {
      throw error;
    };
    return { url: null, directory, seed: null, migrations: MIGRATIONS, clock, ids, hears: false, onError, ...over };
  }

  /** The first so many migrations in a folder of their own. */
  function someMigrations(count: number): string {
    const folder = join(home, 'migrations');
    mkdirSync(folder);
    for (const name of readdirSync(MIGRATIONS).sort().slice(0, count))
      copyFileSync(join(MIGRATIONS, name), join(folder, name));
    return folder;
  }

  it('makes none where there is none', async () => {
    const found = await lookAtStore(options());

    expect(found).toMatchObject({ ok: true, message: 'there is none yet: the first start makes it' });
    expect(readdirSync(home)).toEqual([]);
  });

  it('leaves the tables of an older Fixpoint as they are, and says that a start changes them', async () => {
    const migrations = someMigrations(readdirSync(MIGRATIONS).length - 1);
    await (await openStore(options({ migrations }))).stop();

    for (let look = 0; look < 2; look++)
      expect((await lookAtStore(options())).message).toMatch(
        /^PostgreSQL [\d.]+; the next start brings its tables up to date \(1 migration\)$/,
      );
  }, 60_000);

  it('refuses one that a newer Fixpoint has written', async () => {
    const migrations = someMigrations(1);
    await (await openStore(options({ migrations }))).stop();
    rmSync(join(migrations, readdirSync(migrations)[0] ?? ''));
    writeFileSync(join(migrations, '0000_other.sql'), 'select 1');

    expect(await lookAtStore(options({ migrations }))).toMatchObject({
      ok: false,
      message: expect.stringContaining('written by a newer Fixpoint') as string,
    });
  }, 60_000);
});
