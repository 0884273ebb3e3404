import { setMaxListeners } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { until } from '../helper/until.js';
import { allRuns, collect, decisionOf, inParallel } from './collect.js';
import { judge } from './judge.js';
import type { Evidence, Verdict } from './judge.js';
import type { Member } from './member.js';
import { pause } from './sender.js';
import { Storm } from './storm.js';
import { startServers } from './world.js';
import type { OwnServers } from './world.js';

/** A storm that is raised again at every start, because it once broke a promise. */
interface Regression {
  readonly seed: number;
  readonly split: boolean;
  readonly minutes: number;
  readonly broke: string;
}

const ALERTS = 2_000;
/** How long nothing at all may go on. A slow machine takes longer for all of it, and is no fault. */
const PATIENCE_MS = 90_000;
const LOOK_EVERY_MS = 500;
/** Of so many runs under way each process has some. */
const CERTAINLY_SOME = 100;
const STRIKE_WITHIN_MS = 20_000;
/** Of a long list of broken promises the first are enough. */
const SHOWN = 20;
const never = new AbortController().signal;
setMaxListeners(0, never);
vi.setConfig({ testTimeout: 60 * 60_000, hookTimeout: 300_000 });

const kept = JSON.parse(readFileSync(join(import.meta.dirname, 'seeds.json'), 'utf8')) as Regression[]; // our own file
const minutes = Number(process.env.CHAOS_MINUTES ?? '1');
const wanted = process.env.CHAOS_SEED;
const seed = wanted === undefined ? Math.floor(Math.random() * 1_000_000) : Number(wanted);
const fresh = [false, true].map((split) => ({ seed, split, minutes, broke: '' }));
const only = process.env.CHAOS_ONLY;
const storms = [...(wanted === undefined ? kept : []), ...fresh].filter(
  ({ split }) => only === undefined || split === (only === 'split'),
);

describe('nothing lost, nothing twice', () => {
  const directory = process.env.CHAOS_DIR ?? mkdtempSync(join(tmpdir(), 'fixpoint-chaos-'));
  let servers: OwnServers;
  let storm: Storm | null = null;

  beforeAll(async () => {
    servers = await startServers(join(directory, 'servers'));
  });
  afterEach(async () => {
    await storm?.end();
    storm = null;
  });
  afterAll(async () => {
    await servers?.stop();
    if (process.env.CHAOS_DIR === undefined) rmSync(directory, { recursive: true, force: true });
  });

  it.each(storms)('holds in the storm of seed $seed (split: $split, $minutes min)', async (options) => {
    const say = (line: string): void => void process.stderr.write(`[chaos ${options.seed}] ${line}\n`);
    const begun = Date.now();
    storm = await Storm.begin(
      { ...options, alerts: ALERTS, length_ms: options.minutes * 60_000, directory, log: say },
      servers,
    );
    await storm.rage();
    say(`the storm is over after ${seconds(begun)} s; ${storm.sent.accepted.length} alerts were accepted`);
    const struck = await strike(storm);

    const quiet = await calm(storm, say);
    const before = judge(quiet, false);
    say(`all is still after ${seconds(begun)} s`);
    const settled = await settleDoubts(storm, quiet);
    const after = judge(settled, true);

    say(report(storm, before, after, seconds(begun)));
    say(`the longest stops within runs: ${longestStops(quiet).join(' · ')}`);
    expect(storm.sent.refused).toEqual([]);
    expect(storm.members.flatMap((member) => member.crashes)).toEqual([]);
    expect(storm.members.flatMap(wordsNobodyMeant)).toEqual([]);
    expect(storm.target.nameless).toBe(0);
    expect(before.broken.slice(0, SHOWN)).toEqual([]);
    expect(after.broken.slice(0, SHOWN)).toEqual([]);
    // A judge who sees nothing finds nothing wrong.
    expect(before.counts.get('alerts that differ')).toBeGreaterThanOrEqual(ALERTS);
    expect(before.counts.get('  done exactly once')).toBeGreaterThan(ALERTS / 4);
    if (struck) expect(before.counts.get('runs rescued')).toBeGreaterThan(0);
    expect(before.counts.get('  in doubt') ?? 0).toBeLessThan((before.counts.get('writes') ?? 0) / 4);
  });
});

/**
 * What libraries and the runtime say when something is used wrongly: our own words are JSON. Many who wait for the end of one process at the
 * same time are no leak, though the runtime takes them for one.
 */
function wordsNobodyMeant({ logFile }: Member): string[] {
  const lines = readFileSync(logFile, 'utf8').split('\n');
  const strange = lines.filter((line) => /^\W*(\w*Warning\b|Unhandled|Uncaught)|^\(node:\d+\)/i.test(line));
  return [...new Set(strange.filter((line) => !line.includes('MaxListenersExceededWarning')))].slice(0, 5);
}

function anybody({ members }: Storm): Member {
  const found = members.find((member) => member.hasApi && member.isUp);
  if (!found) throw new Error('nobody is up');
  return found;
}

/**
 * In a storm it may be that nobody dies while there are any runs, where all is decided after it: then one more dies. Answers false when there
 * were never enough of them that it had some for certain.
 */
async function strike(storm: Storm): Promise<boolean> {
  const areMany = async () => (await runsIn(anybody(storm), ['running'])).length >= CERTAINLY_SOME;
  const found = await until('runs under way', areMany, STRIKE_WITHIN_MS).catch(() => false);
  if (found) await storm.strike();
  return found;
}

/** Waits until everything is decided and nothing goes on by itself any more. */
async function calm(storm: Storm, say: (line: string) => void): Promise<Evidence> {
  const begun = Date.now();
  const open = new Set(storm.sent.accepted.map(({ alert_id }) => alert_id));
  await untilNoneLeft(storm, 'alerts to be decided', async (by) => {
    const some = [...open].slice(0, 200);
    const decided = await inParallel(some, async (id) => ((await decisionOf(by, id)) === null ? null : id));
    for (const id of decided) if (id !== null) open.delete(id);
    return [...open];
  });
  say(`all is decided ${seconds(begun)} s later`);
  await untilNoneLeft(storm, 'runs to end or to wait', (by) => runsIn(by, ['running', 'pending']));
  return collect(anybody(storm), storm.sent.accepted, storm.target.tallies);
}

/** A person looks at what the target knows, and says so. */
async function settleDoubts(storm: Storm, quiet: Evidence): Promise<Evidence> {
  const effects = new Map([...storm.target.tallies.values()].map(({ place, effects }) => [place, effects]));
  const doubts = quiet.runs.flatMap(({ header, steps }) =>
    steps
      .filter((step) => step.state === 'waiting' && step.reason === 'in_doubt')
      .map((step) => {
        const item = step.item_index === null ? '' : ` ${String(step.item)}`;
        const place = `${header.run_id} ${step.task_id}${item}`;
        return { run_id: header.run_id, step_id: step.step_id, done: (effects.get(place) ?? 0) > 0 };
      }),
  );
  await inParallel(doubts, async ({ run_id, ...answer }) => {
    const said = await anybody(storm).post(`/api/v1/runs/${run_id}/confirm`, JSON.stringify(answer), 30_000);
    if (!said.ok) throw new Error(`confirm ${run_id}: ${said.status} ${await said.text()}`);
  });
  await untilNoneLeft(storm, 'runs to end', (by) => runsIn(by, ['pending', 'running', 'waiting']));
  return collect(anybody(storm), storm.sent.accepted, storm.target.tallies);
}

async function runsIn(by: Member, states: readonly string[]): Promise<string[]> {
  const runs = await inParallel(states, (state) => allRuns(by, `&state=${state}`));
  return runs.flat().map(({ run_id }) => run_id);
}

/** Asks what is left until nothing is, as long as it becomes less. It does not fail: the judge names what is missing then. */
async function untilNoneLeft(
  storm: Storm,
  what: string,
  left: (by: Member) => Promise<readonly string[]>,
): Promise<void> {
  let last: readonly string[] | null = null;
  let trouble = '';
  for (let since = Date.now(); Date.now() - since < PATIENCE_MS; await pause(LOOK_EVERY_MS, never)) {
    try {
      const now = await left(anybody(storm));
      if (now.length === 0) return;
      if (last === null || now.length < last.length) since = Date.now();
      last = now;
    } catch (error) {
      trouble = ` (${String(error)})`;
    }
  }
  const some = last === null ? 'nobody answers' : `${last.length} are left: ${last.slice(0, 5).join(', ')}`;
  process.stderr.write(`waited ${PATIENCE_MS / 1_000} s in vain for ${what}: ${some}${trouble}\n`);
}

function report(storm: Storm, before: Verdict, after: Verdict, took: string): string {
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts].map(([what, count]) => `  ${what.padEnd(36)} ${String(count).padStart(7)}`).join('\n');
  const few = (counts: ReadonlyMap<string, number>): string =>
    [...counts].map(([what, count]) => `${what} ${count}`).join(', ');
  const broken = [...new Set([...before.broken, ...after.broken])];
  return [
    `counts after ${took} s`,
    list(before.counts),
    'after people said what became of the writes in doubt',
    ...['  succeeded', 'writes', '  done exactly once', '  in doubt', '  took effect'].map(
      (what) => `  ${what.padEnd(36)} ${String(after.counts.get(what) ?? 0).padStart(7)}`,
    ),
    `faults: ${few(storm.done)}`,
    `senders tried again: ${few(storm.sent.again)}`,
    `broken promises: ${broken.length}`,
    ...broken.slice(0, SHOWN).map((each) => `  ${each}`),
  ].join('\n');
}

/** Where runs stood still for longest, though nothing in them was to be waited for: what came before and after. */
function longestStops({ runs }: Evidence): string[] {
  const stops = runs.flatMap(({ header, events }) =>
    events.slice(1).flatMap((event, index) => {
      const last = events[index];
      if (!last || event.type === 'outcome_changed' || last.type === 'step_waiting' || last.type === 'step_retrying')
        return [];
      const ms = Date.parse(event.at) - Date.parse(last.at);
      return [{ ms, text: `${(ms / 1_000).toFixed(1)} s ${last.type} → ${event.type} (${header.run_id})` }];
    }),
  );
  const longest = stops.sort((a, b) => b.ms - a.ms).slice(0, 5);
  return longest.map(({ text }) => text);
}

function seconds(begun: number): string {
  return ((Date.now() - begun) / 1_000).toFixed(0);
}
