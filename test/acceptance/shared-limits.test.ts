import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert/alert.js';
import { instant } from '../../src/domain/clock.js';
import { SILENT_LOG } from '../../src/domain/log.js';
import { compileRules } from '../../src/domain/rule/rule-match.js';
import type { Rule } from '../../src/domain/rule/rule.js';
import type { Store } from '../../src/domain/store.js';
import { openStore } from '../../src/store/open.js';
import { NO_LIMITS } from '../../src/triage/limits.js';
import type { Limits } from '../../src/triage/limits.js';
import { Triage } from '../../src/triage/triage.js';
import { aFreshAlert, aNewRun, finish, ids, PLAYBOOK } from '../helper/store-world.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';

const { playbook } = PLAYBOOK;

describe('limits that several processes share', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fixpoint-limits-'));
  let store: Store;
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
  }, 60_000);
  afterAll(async () => {
    await store.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** The triage of one process; its clock stands `ahead()` of the real one. */
  function aTriage(rule: Partial<Rule>, limits: Partial<Limits> = {}, ahead = () => 0): Triage {
    const whole: Rule = { rule_id: 'R1', alert_name: 'any', playbook_id: playbook.playbook_id, ...rule };
    return new Triage({
      store: store.triage,
      policy: () => ({
        rules: compileRules([whole]),
        playbooks: new Map([[playbook.playbook_id, PLAYBOOK]]),
        modeOf: () => 'auto',
      }),
      open: (header) => ({ run: aNewRun(header), go: () => undefined }),
      wake: () => undefined,
      limits: { ...NO_LIMITS, budgets: store.budgets, ...limits },
      maxRunsPerOccurrence: 1,
      ids,
      clock: { ...SYSTEM_CLOCK, now: () => Date.now() + ahead() },
      log: SILENT_LOG,
      meter: { decided: () => undefined },
    });
  }

  async function decide(triage: Triage, alert: Alert): Promise<string | null | undefined> {
    await triage.handle({ batch_id: alert.alert_id, alerts: [alert] });
    const { decision } = (await store.alerts.get(alert.alert_id)) ?? {};
    return decision?.reason ?? decision?.action;
  }

  it('are not passed by all of them together, however many alerts come at once', async () => {
    const rule: Partial<Rule> = { rule_id: ids.next(), rate_limit: { max_runs: 5, per: '1h' } };
    const processes = [aTriage(rule), aTriage(rule), aTriage(rule)];
    const service_name = ids.next();
    const alerts = Array.from({ length: 30 }, () => aFreshAlert({ service_name, group_key: ids.next() }));
    const fates = await Promise.all(alerts.map((alert, n) => decide(processes[n % processes.length]!, alert)));
    expect(fates.filter((fate) => fate === 'run')).toHaveLength(5);
    expect(fates.filter((fate) => fate === 'rate_limit')).toHaveLength(25);
  });

  it('see a condition flap whose occurrences have ids of their own, whichever of them hears of it', async () => {
    let ahead_ms = 0;
    const limits: Partial<Limits> = { flapping: { changes: 4, within_ms: 600_000, quiet_ms: 60_000 } };
    const processes = [0, 1].map(() => aTriage({ rule_id: ids.next() }, limits, () => ahead_ms));
    const fingerprint = ids.next();
    const service_name = ids.next();
    const fates: (string | null | undefined)[] = [];
    async function change(turn: number, status: Alert['status'], event: string): Promise<void> {
      const triage = processes[turn % processes.length];
      if (!triage) return;
      ahead_ms += 1_000;
      const timestamp = instant(Date.now() + ahead_ms - 500);
      const over = status === 'resolved' ? { status, ends_at: instant(Date.now() + ahead_ms) } : { status };
      const alert = aFreshAlert({
        ...over,
        source_system: 'zabbix',
        fingerprint,
        occurrence_id: event,
        service_name,
        timestamp,
        received_at: instant(Date.now() + ahead_ms),
        group_key: event,
      });
      const fate = await decide(triage, alert);
      if (status === 'firing') fates.push(fate);
    }
    for (let turn = 0; turn < 4; turn++) {
      const event = ids.next();
      await change(turn, 'firing', event);
      if (turn < 3) await change(turn + 1, 'resolved', event);
    }
    expect(fates).toEqual(['run', 'run', 'flapping', 'flapping']);
    ahead_ms += 61_000;
    await change(0, 'resolved', ids.next());
    await change(1, 'firing', ids.next());
    expect(fates.at(-1)).toBe('run');
  });

  it('let a group start again when its interval is over, and not before', async () => {
    let ahead_ms = 0;
    const rule: Partial<Rule> = { rule_id: ids.next(), group_by: ['env'], group_interval: '5m' };
    const triage = aTriage(rule, {}, () => ahead_ms);
    const service_name = ids.next();
    const next = () => aFreshAlert({ service_name, labels: { env: 'prod' }, group_key: ids.next() });
    expect(await decide(triage, next())).toBe('run');
    expect(await decide(triage, next())).toBe('join');
    const [open] = (await store.runView.list({ service_name }, { limit: 1, cursor: null })).items;
    const loaded = await store.runs.load(open?.run_id ?? '');
    if (!loaded) throw new Error('there is no run');
    const { after, events } = finish(loaded.run);
    const finished_at = instant(Date.now());
    await store.runs.apply({
      before: loaded.run,
      after: { ...after, finished_at },
      events: events.map((event) => ({ ...event, at: finished_at })),
    });
    expect(await decide(triage, next())).toBe('rate_limit');
    ahead_ms = 301_000;
    expect(await decide(triage, next())).toBe('run');
  });
});
