import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aNewRun, aStart, finish, ids, PLAYBOOK, AT } from '../../../test/helper/store-world.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { Store } from '../../domain/store.js';
import { openStore } from '../open.js';

describe('the feed of run events in the embedded store', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-feed-'));
  let store: Store;

  function open(feeds: boolean): Promise<Store> {
    return openStore({
      url: null,
      directory,
      seed: 'dist/seed',
      migrations: 'migrations',
      clock: SYSTEM_CLOCK,
      ids,
      hears: false,
      feeds,
      onError: () => undefined,
    });
  }

  async function tellAll(): Promise<void> {
    await store.runFeed.told((await store.runFeed.next(1_000)).map(({ position }) => position));
  }

  beforeAll(async () => {
    store = await open(true);
    await store.playbooks.record([PLAYBOOK], AT);
  });
  afterAll(async () => {
    await store.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('holds every event as the API answers it and whose it is, until it was told', async () => {
    const begun = aNewRun({ service_name: '支付' }, null, [aStart('look')]);
    await store.runs.open(begun);
    await store.runs.apply({ before: begun.run, ...finish(begun.run) });

    const changes = await store.runFeed.next(100);
    const answered = await store.runView.events(begun.run.run_id, 0);
    await store.runFeed.told(changes.slice(0, 1).map(({ position }) => position));
    const rest = await store.runFeed.next(100);
    await tellAll();

    const { playbook_id, service_name } = begun.run;
    expect(changes.flatMap((change) => change.events)).toEqual(
      answered.map((event) => ({ ...event, playbook_id, service_name })),
    );
    expect(rest).toEqual(changes.slice(1));
    expect(await store.runFeed.next(100)).toEqual([]);
  });

  it('gives no more at once than some megabytes, but a single change however long', async () => {
    const texts = ['x'.repeat(3_000_000), 'y'.repeat(1_500_000), 'z'.repeat(1_500_000)];
    for (const text of texts) await store.runs.open(aNewRun({}, null, [aStart('look', { parameters: { text } })]));

    const sizes: number[] = [];
    for (let page = await store.runFeed.next(100); page.length > 0; page = await store.runFeed.next(100)) {
      sizes.push(page.length);
      await store.runFeed.told(page.map(({ position }) => position));
    }

    expect(sizes).toEqual([1, 2]);
  });

  it('is one process’s at a time, by its lease, and free when that one leaves', async () => {
    const { runFeed } = store;

    expect(await runFeed.take('a', 60_000)).toBe(true);
    expect(await runFeed.take('b', 60_000)).toBe(false);
    expect(await runFeed.take('a', 60_000)).toBe(true);
    await runFeed.leave('b');
    expect(await runFeed.take('b', 60_000)).toBe(false);
    await runFeed.leave('a');
    expect(await runFeed.take('b', -1)).toBe(true);
    expect(await runFeed.take('a', 60_000)).toBe(true);
  });

  it('names a change whose run is gone, without events', async () => {
    const begun = aNewRun();
    await store.runs.open(begun);
    await store.runs.apply({ before: begun.run, ...finish(begun.run) });
    const policy = { max_age_ms: 1, max_count: null };
    const none = { max_age_ms: null, max_count: null };
    const all = { alerts: none, runs: policy, dead_letters: none, audit: none };
    await store.retention.prune(all, '2099-01-01T00:00:00.000Z', new AbortController().signal);

    const changes = await store.runFeed.next(100);
    await tellAll();

    expect(changes.map((change) => change.events)).toEqual([[], []]);
  });

  it('stays empty where nobody is to be told', async () => {
    await store.stop();
    store = await open(false);
    await store.runs.open(aNewRun());

    expect(await store.runFeed.next(100)).toEqual([]);
  });
});
