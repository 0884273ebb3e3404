import type { Alert } from '../domain/alert/alert.js';
import { alertOfDraft } from '../domain/api/alert.js';
import { instant } from '../domain/clock.js';
import { durationMs } from '../domain/duration.js';
import type { CheckedPlaybook, Mode } from '../domain/playbook/playbook.js';
import type { PlaybookTest } from '../domain/playbook-test.js';
import type { Rule } from '../domain/rule/rule.js';
import type { SuppressionContent } from '../domain/suppression/suppression-set.js';
import { differences } from './judge-test.js';
import { isOver, longestMs } from './over.js';
import type { Parts } from './parts.js';
import { ScriptedCast } from './scripted-cast.js';
import type { Complaint } from './scripted-cast.js';
import { storyOf } from './story.js';
import type { Story } from './story.js';
import { wrongNames } from './test-names.js';
import { World } from './world.js';

/** What tests are run against. */
export interface TestBench {
  readonly parts: Parts;
  readonly playbooks: ReadonlyMap<string, CheckedPlaybook>;
  readonly rules: readonly Rule[];
  /** What the folder says that holds alerts back. */
  readonly suppressions: SuppressionContent;
  /** The alerts in a webhook's body, as their source reads it; or why it cannot. */
  readonly parse: (source: string, body: unknown, now: number) => readonly Alert[] | { readonly problem: string };
}

/** How one test ended. */
export interface TestEnd {
  readonly complaints: readonly Complaint[];
  /** Null when the test could not even begin. */
  readonly story: Story | null;
}

const NOTHING: SuppressionContent = { silences: [], windows: [], inhibit_rules: [] };
const DEFAULT_AT = '2026-01-05T10:00:00.000Z';
const ALERT_ID = '01KE6QMRG000000000000TEST0';

/** Runs one test through the engine, with virtual time, and tells everything in which it came out otherwise. */
export async function runTest(test: PlaybookTest, bench: TestBench): Promise<TestEnd> {
  const wrong = wrongNames(test, bench.playbooks, bench.parts.specs.keys());
  const start_ms = Date.parse(test.at ?? DEFAULT_AT);
  const alerts = alertsOf(test, bench, start_ms);
  if ('problem' in alerts) wrong.push({ path: ['webhook', 'body'], message: alerts.problem });
  if (wrong.length > 0 || 'problem' in alerts) return { complaints: wrong, story: null };
  const cast = new ScriptedCast(test);
  const world = worldOf(test, bench, cast, start_ms);
  try {
    await world.start();
    await world.receive(alerts);
    comesAgain(world, test, alerts, start_ms);
    await world.pass(start_ms + longestMs(bench.playbooks), () => isOver(world));
    const [first] = alerts;
    const story = storyOf(world, first?.alert_id ?? '', test.expect.decision?.playbook_id ?? test.playbook ?? null);
    const troubles = world.troubles.map((message): Complaint => ({
      path: [],
      message: `the engine failed: ${message}`,
    }));
    return { complaints: [...troubles, ...cast.complaints, ...differences(test.expect, story)], story };
  } finally {
    world.end();
  }
}

function worldOf(test: PlaybookTest, bench: TestBench, cast: ScriptedCast, start_ms: number): World {
  const { playbooks } = bench;
  const modeOf = (playbook_id: string): Mode | null => {
    const checked = playbooks.get(playbook_id);
    return checked ? (test.mode ?? checked.playbook.mode ?? 'auto') : null;
  };
  // A test that names its playbook is not about the rules.
  const own: Rule[] | null =
    test.playbook === undefined ? null : [{ rule_id: 'test', alert_name: 'any', playbook_id: test.playbook }];
  const rules = own ?? bench.rules;
  const suppressions = own === null ? bench.suppressions : NOTHING;
  return new World({
    parts: bench.parts,
    cast,
    playbooks,
    rules,
    modeOf,
    suppressions,
    start_ms,
    max_runs_per_occurrence: 1,
  });
}

function alertsOf(test: PlaybookTest, bench: TestBench, now: number) {
  if (test.webhook) {
    const alerts = bench.parse(test.webhook.source, test.webhook.body, now);
    return 'length' in alerts && alerts.length === 0 ? { problem: 'there is no alert in it' } : alerts;
  }
  return test.alert ? [alertOfDraft(test.alert, ALERT_ID, now)] : { problem: 'there is no alert' };
}

/** The repeat and the resolve of the alerts. */
function comesAgain(world: World, test: PlaybookTest, alerts: readonly Alert[], start_ms: number): void {
  const again = (over: Partial<Alert>) => () =>
    world.receive(
      alerts.map((alert) => ({
        ...alert,
        ...over,
        alert_id: world.nextId(),
        received_at: instant(world.clock.now()),
      })),
    );
  if (test.repeat_at !== undefined) world.later(durationMs(test.repeat_at), again({}));
  if (test.resolve_at === undefined) return;
  const resolve_ms = durationMs(test.resolve_at);
  world.later(resolve_ms, again({ status: 'resolved', ends_at: instant(start_ms + resolve_ms) }));
}
