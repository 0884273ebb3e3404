import { beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { CliFace } from '../../test/helper/cli-face.js';
import type { FakeTerminal } from '../../test/helper/cli-io.js';
import type { HttpWorld } from '../../test/helper/http-deps.js';
import { at, finished, started, succeeded } from '../../test/helper/run-story.js';
import { until } from '../../test/helper/until.js';
import type { Decision } from '../domain/decision/decision.js';
import { send } from './send.js';

const face = new CliFace();
let world: HttpWorld;
let terminal: FakeTerminal;
let url: string;

beforeEach(() => {
  ({ world, terminal, url } = face);
});

describe('fixpoint send', () => {
  const decision: Decision = {
    action: 'run',
    reason: null,
    rule_id: 'R002',
    playbook_id: 'PB-1',
    run_id: 'run-1',
    run_ids: ['run-1'],
    until: null,
    by: 'rule R002',
    explanation: 'service_name is payment-gateway',
    decided_at: at(0),
  };

  /** The intake takes the alert; its decision comes a little later, as with a bus in between. */
  function decideLater(alert_decision: Decision): { payload(): unknown } {
    let payload: unknown = null;
    world.accept = async (_source, body) => {
      payload = JSON.parse(Buffer.from(body).toString());
      const alert = anAlert({ alert_id: 'A1' });
      setImmediate(() => world.alerts.push({ ...alert, decision: alert_decision, decisions: [alert_decision] }));
      return {
        accepted: 1,
        alerts: [{ alert_id: 'A1', fingerprint: alert.fingerprint, status: 'firing' }],
        rejected: 0,
      };
    };
    return { payload: () => payload };
  }

  /** Runs the command while its clock goes on. */
  async function sending(options: Parameters<typeof send>[0]): Promise<number> {
    let code: number | null = null;
    const done = send(options, terminal.io()).then((answer) => (code = answer));
    await until('the end', async () => {
      await terminal.clock.advance(250);
      return code !== null;
    });
    return done;
  }

  it('posts as Alertmanager does and tells the fate of the alert', async () => {
    const sent = decideLater(decision);
    world.openRun('run-1');
    world.happen('run-1', started('look', 1), succeeded('look', 3, 'healthy'), finished('succeeded', 4));
    const code = await sending({
      alertname: 'Latency',
      severity: 'critical',
      service: 'payment-gateway',
      label: ['env=prod', 'note=a=b'],
      value: '1240',
      url,
    });

    expect(terminal.errors).toEqual([]);
    expect(code).toBe(0);
    expect(sent.payload()).toMatchObject({
      version: '4',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'Latency', severity: 'critical', service: 'payment-gateway', env: 'prod', note: 'a=b' },
          annotations: { value: '1240' },
          endsAt: '0001-01-01T00:00:00Z',
        },
      ],
    });
    expect(terminal.lines.map((line) => line.slice(10))).toEqual([
      'accepted  firing Latency, alert A1',
      'decided   run PB-1, by rule R002: service_name is payment-gateway',
      'run       run-1',
      '▶ run                                        PB-Payment-Troubleshoot, auto',
      '✔ look                               2.0 s   healthy',
      '✔ run                                        succeeded, nothing_done',
    ]);
  });

  it('is done when the alert starts nothing', async () => {
    decideLater({
      ...decision,
      action: 'drop',
      reason: 'no_match',
      rule_id: null,
      playbook_id: null,
      run_id: null,
      run_ids: [],
    });

    expect(await sending({ alertname: 'X', url, json: true })).toBe(0);
    expect(JSON.parse(terminal.text)).toMatchObject({ alert_id: 'A1', decision: { reason: 'no_match' }, runs: [] });
  });

  it('repeats the decision’s own words on why no rule matches, once', async () => {
    const explanation = 'no rule matches; `fixpoint explain --alert alert.json` tells why';
    decideLater({ ...decision, action: 'drop', reason: 'no_match', rule_id: null, run_ids: [], explanation });

    expect(await sending({ alertname: 'X', url })).toBe(0);
    expect(terminal.lines.at(-1)?.slice(10)).toBe(`decided   drop, no_match: ${explanation}`);
    expect(terminal.text.match(/fixpoint explain/g)).toHaveLength(1);
  });

  it('says that the alert is in when the token may only post', async () => {
    decideLater(decision);
    world.token('posts-only', 'ingest');

    expect(await sending({ alertname: 'X', url, token: 'posts-only' })).toBe(1);
    expect(terminal.lines).toHaveLength(1);
    expect(terminal.errors).toEqual([
      'fixpoint: the alert is in; what becomes of it this token may not see: this needs the right read; the role ingest does not have it',
    ]);
  });

  it.each<[string, string, string]>([
    [
      'severity',
      'critcal',
      'critical, warning or info, or a word such as page, high, P1 or notice, came "critcal" (did you mean critical?)',
    ],
    ['severity', 'banana', 'critical, warning or info, or a word such as page, high, P1 or notice, came "banana"'],
    ['value', 'ninety', 'a number with or without a unit, such as 95, 12.5 % or 1.2 K, came "ninety"'],
    ['value', '', 'a number with or without a unit, such as 95, 12.5 % or 1.2 K, came ""'],
    ['status', 'resolvd', 'firing or resolved, came "resolvd" (did you mean resolved?)'],
  ])('refuses --%s %j before anything is sent', async (option, word, expected) => {
    const sent = decideLater(decision);

    expect(await send({ alertname: 'X', [option]: word, url }, terminal.io())).toBe(2);
    expect(terminal.errors).toEqual([`fixpoint: expected --${option} to be ${expected}`]);
    expect(sent.payload()).toBeNull();
  });

  it.each([
    ['P1', '12.5 %'],
    ['Disaster', '1.2 K'],
    ['SEV-2', '-3'],
  ])('sends the foreign word %s and the figure %s as they are', async (severity, value) => {
    const sent = decideLater({ ...decision, action: 'drop', reason: 'no_match', run_id: null, run_ids: [] });

    expect(await sending({ alertname: 'X', severity, value, url })).toBe(0);
    expect(sent.payload()).toMatchObject({ alerts: [{ labels: { severity }, annotations: { value } }] });
  });

  it('gives up on an alert that nobody decides', async () => {
    world.accept = async () => ({
      accepted: 1,
      alerts: [{ alert_id: 'A1', fingerprint: 'F', status: 'firing' }],
      rejected: 0,
    });

    expect(await sending({ alertname: 'X', url })).toBe(1);
    expect(terminal.errors[0]).toContain('not decided within 60 s');
  });

  it('sends the end of an alert', async () => {
    const sent = decideLater({ ...decision, action: 'drop', reason: 'resolved', run_id: null, run_ids: [] });

    expect(await sending({ alertname: 'X', status: 'resolved', url })).toBe(0);
    expect(sent.payload()).toMatchObject({ alerts: [{ status: 'resolved', endsAt: at(0) }] });
    expect(await send({ alertname: 'X', status: 'over', url }, terminal.io())).toBe(2);
  });

  it('takes labels as key=value only', async () => {
    expect(await send({ alertname: 'X', label: ['env'], url }, terminal.io())).toBe(2);
    expect(terminal.errors[0]).toContain('--label key=value');
  });
});
