import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { createMetrics } from './metrics.js';

function aMetrics(clock = new FakeClock()) {
  return createMetrics({ clock, version: '1.2.3' });
}

describe('metrics', () => {
  it('count what they are told under the published names', async () => {
    const metrics = aMetrics();
    metrics.alertsAccepted('alertmanager', 4);
    metrics.alertDecided('drop', 'no_match');
    metrics.alertDecided('run', null, 2);
    metrics.runReached('PB-1', 'succeeded');
    metrics.runFinished('PB-1', 4);
    metrics.stepAttempted('api_call', 'failed', 0.2);
    metrics.stepAttempted('api_call', 'succeeded', 0.2);
    metrics.busHandled(0.002, 'ok');
    metrics.notified('email', 'sent');
    metrics.deadLetter('zabbix');
    metrics.readBusLag(async () => 7);
    metrics.readStuck(() => ['the run 1', 'the run 2']);
    const text = await metrics.text();

    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'fixpoint_build_info{version="1.2.3"} 1',
        'fixpoint_alerts_accepted_total{source="alertmanager"} 4',
        'fixpoint_alerts_decided_total{action="drop",reason="no_match"} 1',
        'fixpoint_alerts_decided_total{action="run",reason=""} 2',
        'fixpoint_runs_total{playbook_id="PB-1",state="succeeded"} 1',
        'fixpoint_run_duration_seconds_bucket{le="5",playbook_id="PB-1"} 1',
        'fixpoint_step_attempts_total{kind="api_call",outcome="failed"} 1',
        'fixpoint_step_duration_seconds_count{kind="api_call"} 2',
        'fixpoint_executor_errors_total{kind="api_call"} 1',
        'fixpoint_bus_lag 7',
        'fixpoint_store_stuck 2',
        'fixpoint_bus_handler_seconds_count{outcome="ok"} 1',
        'fixpoint_notifications_total{channel="email",outcome="sent"} 1',
        'fixpoint_dead_letters_total{source="zabbix"} 1',
      ]),
    );
  });

  it('have names that all begin alike, those about the process too', async () => {
    const text = await aMetrics().text();
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]!);

    expect(names).toContain('fixpoint_process_resident_memory_bytes');
    expect(names.filter((name) => !name.startsWith('fixpoint_'))).toEqual([]);
  });

  it('leave the backlog out when it cannot be told, and tell the rest', async () => {
    const clock = new FakeClock();
    const metrics = aMetrics(clock);
    metrics.readBusLag(async () => Promise.reject(new Error('broker away')));
    expect(await metrics.text()).not.toMatch(/^fixpoint_bus_lag \d/m);

    metrics.readBusLag(() => new Promise(() => undefined));
    const slow = metrics.text();
    await clock.advance(2_000);
    expect(await slow).not.toMatch(/^fixpoint_bus_lag \d/m);
    expect(await slow).toContain('fixpoint_build_info');
  });

  it('of two apps do not mix', async () => {
    const [one, other] = [aMetrics(), aMetrics()];
    one.alertsAccepted('zabbix', 1);

    expect(await other.text()).not.toContain('source="zabbix"');
  });
});
