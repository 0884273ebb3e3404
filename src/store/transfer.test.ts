import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersOf, fillInstallation } from '../../test/helper/an-installation.js';
import { ids } from '../../test/helper/store-world.js';
import { SYSTEM_CLOCK } from '../../test/helper/system-clock.js';
import { openEmbedded } from './postgres/embedded.js';
import { openStore } from './open.js';
import type { StoreOptions } from './open.js';
import { exportStore, importStore } from './transfer.js';
import type { Line } from './transfer.js';
import { readLines, writeWholeFile } from './transfer-file.js';
import { TABLES } from './transfer-table.js';

const root = mkdtempSync(join(tmpdir(), 'fixpoint-transfer-'));
const GO_ON = new AbortController().signal;

function optionsFor(name: string): StoreOptions & { version: string } {
  return {
    url: null,
    directory: join(root, name),
    seed: 'dist/seed',
    migrations: 'migrations',
    clock: SYSTEM_CLOCK,
    ids,
    hears: true,
    version: '0.0.0-test',
    onError: (error) => {
      throw error;
    },
  };
}

async function withStore<T>(
  name: string,
  work: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
): Promise<T> {
  const store = await openStore(optionsFor(name));
  try {
    return await work(store);
  } finally {
    await store.stop();
  }
}

async function* numbered(lines: readonly string[]): AsyncGenerator<Line> {
  for (const [index, text] of lines.entries()) yield { number: index + 1, text };
}

async function importInto(name: string, lines: readonly string[]) {
  return importStore(optionsFor(name), numbered(lines), GO_ON);
}

let lines: string[];
let answers: unknown;

beforeAll(async () => {
  answers = await withStore('full', async (store) => {
    await fillInstallation(store);
    return answersOf(store);
  });
  let text = '';
  await exportStore(optionsFor('full'), async (more) => void (text += more), GO_ON);
  lines = text.trimEnd().split('\n');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('an export', () => {
  it('makes another embedded installation that gives the same answers', async () => {
    const { counts } = await importInto('copy', lines);

    expect(await withStore('copy', answersOf)).toEqual(answers);
    const rows = lines.slice(1, -1).map((line) => (JSON.parse(line) as { table: string }).table);
    for (const table of TABLES) expect([table, counts[table]]).toEqual([table, rows.filter((t) => t === table).length]);
    expect(counts).toMatchObject({ alerts: 40, repeats: 1, dead_letters: 2, tokens: 1, playbook_versions: 1 });
  });

  it('knows every table that there is, but for the ledger of migrations, leases, sessions, locks, bodies of deliveries and what is on its way to Kafka', async () => {
    const db = await openEmbedded(join(root, 'full'), null);
    const rows = await db.query<{ name: string }>({
      text: "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    });
    await db.stop();
    expect(rows.map((row) => row.name).sort()).toEqual(
      [
        ...TABLES,
        ...['schema_migrations', 'workers', 'sessions', 'run_feed', 'incident_lock', 'payloads', 'payload_deliveries'],
      ].sort(),
    );
  });

  it('tells of nobody at work on an embedded store whose process was killed a moment ago', async () => {
    const db = await openEmbedded(join(root, 'full'), null);
    await db.script(
      "insert into workers (worker_id, until, name) values ('killed', now() + interval '1 hour', 'here')",
    );
    await db.stop();

    const { at_work } = await exportStore(optionsFor('full'), () => Promise.resolve(), GO_ON);

    expect(at_work).toBe(0);
  });

  it('is refused where nothing is, and makes nothing there', async () => {
    const refused = exportStore(optionsFor('nowhere'), () => Promise.resolve(), GO_ON);

    await expect(refused).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('nowhere') });
    expect(() => statSync(join(root, 'nowhere'))).toThrow();
  });

  it('is refused while the service holds the store, and says what to do', async () => {
    await withStore('full', async () => {
      const refused = exportStore(optionsFor('full'), () => Promise.resolve(), GO_ON);
      await expect(refused).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('stop it') });
    });
  });
});

describe('an import', () => {
  it('is refused where something is already', async () => {
    const refused = importInto('full', lines);
    await expect(refused).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/not empty.*tokens/),
    });
  });

  it.each<[string, (good: readonly string[]) => string[], string | RegExp]>([
    ['a file that is empty', () => [], 'is empty'],
    ['a file that is no export', () => ['{"a":1}'], 'line 1: expected the header'],
    [
      'a later format',
      ([head, ...rest]) => [head!.replace('"fixpoint_export":1', '"fixpoint_export":2'), ...rest],
      'line 1: expected format 1, came 2',
    ],
    [
      'an older installation',
      ([head, ...rest]) => [head!.replace(/,"[^"]*"\]/, ']'), ...rest],
      /line 1: .*fixpoint migrate/,
    ],
    [
      'a later installation',
      ([head, ...rest]) => [head!.replace(']', ',"9999_later.sql"]'), ...rest],
      /line 1: .*does not know/,
    ],
    ['a file that was cut off', (good) => good.slice(0, -1), /line \d+: .*cut off/],
    [
      'a file that lacks a row',
      (good) => good.filter((_, index) => index !== 3),
      /line \d+: expected \d+ rows of .*, came/,
    ],
    ['a line that is no JSON', (good) => good.with(4, '{"table":'), 'line 5: not JSON at column 10'],
    [
      'a table that there is not',
      (good) => good.with(2, '{"table":"pg_authid","row":{}}'),
      'line 3: table: expected one of tokens',
    ],
    [
      'a column that is missing',
      (good) => good.with(1, good[1]!.replace('"hash":', '"hush":')),
      'line 2: row.hash: is missing',
    ],
    [
      'a column too many',
      (good) => good.with(1, good[1]!.replace('"row":{', '"row":{"x":1,')),
      'line 2: row.x: tokens has no such column',
    ],
    [
      'a value of the wrong type',
      (good) => good.with(1, good[1]!.replace(/"created_at":"[^"]*"/, '"created_at":"soon"')),
      'line 2: row.created_at: expected an instant',
    ],
    [
      'a row that is there twice',
      (good) => good.toSpliced(2, 0, good[1]!),
      /^line 2: the rows of tokens from here to line \d+ cannot be added/,
    ],
    ['something after the end', (good) => [...good, '{}'], /line \d+: expected the file to end here/],
  ])('refuses %s with its place', async (_what, spoil, message) => {
    const refused = importInto('empty', spoil(lines));

    await expect(refused).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(message) });
  });

  it('ends when it is interrupted', async () => {
    const stop = new AbortController();
    async function* interrupted(): AsyncGenerator<Line> {
      for await (const line of numbered(lines)) {
        if (line.number === 20) stop.abort();
        yield line;
      }
    }
    await expect(importStore(optionsFor('empty'), interrupted(), stop.signal)).rejects.toThrow('interrupted');
  });

  it('has left nothing behind each time that it was refused', async () => {
    expect((await importInto('empty', lines)).counts.tokens).toBe(1);
  });
});

describe('a file', () => {
  const path = (name: string): string => join(root, name);
  async function read(from: string | Readable): Promise<Line[]> {
    const found: Line[] = [];
    for await (const line of readLines(from)) found.push(line);
    return found;
  }

  it.each(['plain.jsonl', 'packed.jsonl.gz'])('gives back the lines that were written to %s', async (name) => {
    const texts = ['{"a":"ä😀"}', 'x'.repeat(200_000), '', 'last'];
    await writeWholeFile(path(name), async (write) => {
      for (const text of texts) await write(`${text}\n`);
    });

    expect((await read(path(name))).map((line) => line.text)).toEqual(texts);
    expect(statSync(path(name)).mode & 0o077).toBe(0);
    const bytes = readFileSync(path(name));
    expect(name.endsWith('.gz') ? gunzipSync(bytes).includes('last') : bytes.includes('last')).toBe(true);
  });

  it('does not stand under its name when its making failed, and replaces no other', async () => {
    const failed = writeWholeFile(path('half.gz'), async (write) => {
      await write('half');
      throw new Error('the database is away');
    });
    await expect(failed).rejects.toThrow('the database is away');
    for (const name of ['half.gz', 'half.gz.part']) expect(() => statSync(path(name))).toThrow();

    writeFileSync(path('backup'), 'precious');
    await expect(writeWholeFile(path('backup'), () => Promise.resolve())).rejects.toMatchObject({ code: 'conflict' });
    expect(readFileSync(path('backup'), 'utf8')).toBe('precious');
    await expect(writeWholeFile(path('no/such/folder'), (write) => write('x'))).rejects.toThrow(
      /no\/such\/folder.*ENOENT/,
    );
  });

  it('tells where it cannot be read', async () => {
    const packed = gzipSync(`one\n${'two '.repeat(50_000)}\n`);
    await expect(read(Readable.from([packed.subarray(0, packed.length - 20)]))).rejects.toThrow(
      /line \d: .*damaged or cut off/,
    );
    await expect(read(Readable.from([Buffer.from([65, 10, 0xff, 10])]))).rejects.toThrow('line 2: is not UTF-8');
    await expect(read(path('not there'))).rejects.toThrow(/not there cannot be read.*ENOENT/);
    expect(await read(Readable.from([Buffer.from('a'), Buffer.from('\nb')]))).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
    ]);
  });
});
