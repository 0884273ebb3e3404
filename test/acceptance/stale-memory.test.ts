import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import { instant } from '../../src/domain/clock.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { compileRules } from '../../src/domain/rule/rule-match.js';
import type { RunEvent } from '../../src/domain/run/run.js';
import { isRunFinished } from '../../src/domain/run/run.js';
import type { TriageStore } from '../../src/domain/triage-store.js';
import type { Store } from '../../src/domain/store.js';
import { fold } from '../../src/domain/run/transition.js';
import { openStore } from '../../src/store/open.js';
import { Triage } from '../../src/triage/triage.js';
import { aFreshAlert, aNewRun, aStart, ids, PLAYBOOK } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';

const { playbook } = PLAYBOOK;
const NO_LIMIT = { max_age_ms: null, max_count: null };

describe('triage on a memory that is out of date', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-stale-'));
  let store: Store;
  /** Alerts of one test have a name, and so a rule, that no other test has. */
  let alert_name: string;
  beforeAll(async () => {
    store = await openStore({
      url: null,
      directory,
      seed: null,
      migrations: 'migrations',
      clock: SYSTEM_CLOCK,
      ids,
      hears: false,
      onError: (error) => {
        throw error;
      },
    });
    await store.playbooks.record([PLAYBOOK], instant(Date.now()));
  });
  beforeEach(() => {
    alert_name = `Broken_${ids.next()}`;
  });
  afterAll(async () => {
    await store.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** The triage of one process, with a memory of its own. */
  function aTriage(over: { triage?: TriageStore; cooldown?: string; late_ms?: number } = {}): Triage {
    const { cooldown, late_ms = 0 } = over;
    const rule = { rule_id: 'R1', alert_name, playbook_id: playbook.playbook_id, ...(cooldown ? { cooldown } : {}) };
    return new Triage({
      store: over.triage ?? store.triage,
      policy: () => ({
        rules: compileRules([rule]),
        playbooks: new Map([[playbook.playbook_id, PLAYBOOK]]),
        modeOf: () => 'auto',
      }),
      open: (header) => ({ run: aNewRun(header), go: () => undefined }),
      wake: () => undefined,
      maxRunsPerOccurrence: 1,
      ids,
      clock: { ...SYSTEM_CLOCK, now: () => Date.now() + late_ms },
      log: SILENT_LOG,
      meter: { decided: () => undefined },
    });
  }

  /** An alert of this test; the same `of` is the same condition, told once more. */
  function anAlert(over: Partial<Alert> = {}, of?: Alert): Alert {
    const base = { alert_name, service_name: alert_name, received_at: instant(Date.now()), ...over };
    return of ? { ...of, alert_id: ids.next(), ...base } : aFreshAlert(base);
  }

  async function decide(triage: Triage, alert: Alert): Promise<{ action: string; reason: string | null }> {
    await triage.handle({ batch_id: alert.alert_id, alerts: [alert] });
    const kept = await store.alerts.get(alert.alert_id);
    return { action: kept?.decision?.action ?? 'undecided', reason: kept?.decision?.reason ?? null };
  }

  async function runIds(): Promise<string[]> {
    const { items } = await store.runView.list({ service_name: alert_name }, { limit: 50, cursor: null });
    return items.map((run) => run.run_id);
  }

  /** What the worker of another process does: writes to the service, and ends. */
  async function workOff(run_id: string, at = instant(Date.now())): Promise<void> {
    const found = await store.runs.load(run_id);
    if (!found || isRunFinished(found.run.state)) throw new Error(`run ${run_id} is not open`);
    const change = { target: 'x', what: 'y', from: 1, to: 2 };
    const events: RunEvent[] = [
      aStart('look', { at, effect: 'write' }),
      { type: 'step_succeeded', at, step_id: 'look', output: null, summary: null, evidence: null, change },
      { type: 'run_finished', at, state: 'succeeded', outcome: 'unverified', reason: null },
    ];
    expect(await store.runs.apply({ before: found.run, after: fold(found.run, events), events })).toBe('applied');
  }

  it('starts no second run for the twin of an alert whose run ended before the twin was decided', async () => {
    const [one, other] = [aTriage(), aTriage()];
    const alert = anAlert();
    expect(await decide(one, alert)).toEqual({ action: 'run', reason: null });
    await workOff((await runIds())[0]!);

    expect(await decide(other, anAlert({}, alert))).toEqual({ action: 'drop', reason: 'duplicate' });
    expect(await runIds()).toHaveLength(1);
  });

  it('starts none either when it remembers an occurrence that was forgotten since, and has begun anew', async () => {
    const [one, other] = [aTriage(), aTriage()];
    const first = anAlert({ timestamp: '2020-01-01T00:00:00.000Z', received_at: '2020-01-01T00:00:00.000Z' });
    await decide(one, first);
    await workOff((await runIds())[0]!);
    await decide(other, anAlert({ status: 'resolved', ends_at: '2020-01-01T00:01:00.000Z' }, first));
    const policy = { alerts: { max_age_ms: 60_000, max_count: null }, runs: NO_LIMIT };
    const gone = await store.retention.prune(
      { ...policy, dead_letters: NO_LIMIT, audit: NO_LIMIT },
      instant(Date.now()),
      new AbortController().signal,
    );
    expect(gone.occurrences).toBe(1);
    // As many changes as the forgotten one had had.
    const again = anAlert({ timestamp: '2020-01-02T00:00:00.000Z' }, first);
    const tomorrow = { late_ms: 86_400_000 };
    expect(await decide(aTriage(tomorrow), again)).toEqual({ action: 'run', reason: null });
    await workOff((await runIds())[0]!);
    await decide(aTriage(tomorrow), anAlert({ timestamp: '2020-01-02T00:00:00.000Z', description: 'worse' }, first));

    const twin = anAlert({ timestamp: '2020-01-02T00:00:00.000Z', description: 'worse still' }, first);
    expect(await decide(other, twin)).toEqual({ action: 'drop', reason: 'duplicate' });
    expect(await runIds()).toHaveLength(2);
  });

  it.each([
    ['never been', null],
    ['been', '2020-01-01T00:00:00.000Z'],
  ])(
    'holds the twin when the service, which had %s written to before, was since it looked for the cooldown',
    async (_, before) => {
      const group_key = ids.next();
      const one = aTriage({ cooldown: '10m' });
      if (before !== null) {
        await decide(aTriage(), anAlert());
        await workOff((await runIds())[0]!, before);
      }
      const first = anAlert({ group_key });
      expect(await decide(one, first)).toEqual({ action: 'run', reason: null });
      const run_id = (await runIds())[0]!;
      // The other process has looked when the first one's run writes and ends.
      let ended = false;
      const triage: TriageStore = {
        ...store.triage,
        openRuns: (keys) => store.triage.openRuns(keys),
        commit: async (batch) => {
          if (!ended && batch.runs.length > 0) {
            ended = true;
            await workOff(run_id);
          }
          return store.triage.commit(batch);
        },
      };

      const decided = await decide(aTriage({ triage, cooldown: '10m' }), anAlert({ group_key }));

      expect(ended).toBe(true);
      expect(decided).toEqual({ action: 'hold', reason: 'cooldown' });
      expect((await runIds()).filter((id) => id > run_id)).toEqual([]);
    },
  );
});
