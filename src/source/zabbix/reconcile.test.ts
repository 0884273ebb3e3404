import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import { openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { Alert, ParsedAlert } from '../../domain/alert/alert.js';
import type { SourceReconciler } from '../../domain/source.js';
import { zabbix } from './zabbix.js';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const CLOCK = { ...SYSTEM_CLOCK, now: () => NOW };
const SIGNAL = new AbortController().signal;
const RUN = { run_id: '01RUN', playbook_id: 'PB-Disk' };

interface Call {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

let server: Loopback;
let calls: Call[];
const opened: SourceReconciler[] = [];

beforeEach(async () => {
  server = await openLoopback();
  calls = [];
});
afterEach(async () => {
  for (const reconciler of opened.splice(0)) await reconciler.stop();
  await server.close();
});

/** A Zabbix 6.0 that answers each method as told. */
function play(answers: Record<string, unknown>): void {
  server.answer(({ body }) => {
    const call = JSON.parse(body) as Call;
    if (call.method === 'apiinfo.version') return { json: { jsonrpc: '2.0', result: '6.0.14', id: 1 } };
    calls.push(call);
    const answer = answers[call.method];
    const result: unknown =
      typeof answer === 'function' ? (answer as (params: unknown) => unknown)(call.params) : answer;
    return { json: { jsonrpc: '2.0', result: result ?? [], id: 1 } };
  });
}

/** What is taken in, read as the source reads it. */
function open(api: Record<string, unknown> = {}, known: readonly { alert: Alert; run_ids?: string[] }[] = []) {
  const config = zabbix.config.parse({ api: { url: server.url, token: 'x'.repeat(64), ...api } });
  const source = zabbix.create(config);
  const taken: ParsedAlert[] = [];
  const reconciler = zabbix.openReconciler!(config, {
    clock: CLOCK,
    occurrences: {
      open: async () =>
        known.map(({ alert, run_ids = [] }) => ({ occurrence_id: alert.occurrence_id, alert, run_ids })),
    },
    take: async (payload) => {
      const parsed = source.parse(payload, NOW);
      if ('unusable' in parsed) throw new Error(JSON.stringify(parsed.unusable));
      taken.push(...parsed.alerts);
      return parsed.alerts.length;
    },
  });
  if (reconciler) opened.push(reconciler);
  return { reconciler, taken };
}

const PROBLEM = {
  eventid: '71',
  objectid: '23133',
  clock: '1795255113',
  name: 'High error rate on Checkout 01 (生产): 12.35 %',
  severity: '4',
  opdata: 'now 12.345 %',
  tags: [
    { tag: 'service', value: 'checkout' },
    { tag: 'env', value: 'prod' },
  ],
  acknowledges: [],
};
const TRIGGER = {
  triggerid: '23133',
  description: 'High error rate on Checkout 01 (生产): 12.35 %',
  expression: 'last(/checkout-01/app.error_rate)>5',
  comments: '',
  url: 'https://wiki.example/error-rate',
  hosts: [{ hostid: '10559', host: 'checkout-01', name: 'Checkout 01 (生产)' }],
  items: [{ name: 'Error rate', key_: 'app.error_rate', lastvalue: '12.345', units: '!%' }],
};
const ANSWERS = {
  'problem.get': [PROBLEM],
  'trigger.get': [TRIGGER],
  'host.get': [{ hostid: '10559', interfaces: [{ ip: '10.0.0.9', main: '1' }] }],
  'hostgroup.get': [{ name: 'Fixpoint/Payments', hosts: [{ hostid: '10559' }] }],
};

function held(event_id: string, over: Partial<Alert> = {}): { alert: Alert } {
  const labels = { event_id, trigger_id: '9', host: 'db-1', env: 'prod' };
  return { alert: anAlert({ source_system: 'zabbix', occurrence_id: event_id, labels, ...over }) };
}

describe('what Zabbix holds for a problem and was never heard of', () => {
  it('is taken in as the media type would have sent it', async () => {
    play(ANSWERS);
    const { reconciler, taken } = open();

    expect(await reconciler!.look!(SIGNAL)).toEqual({ taken: 1, ended: 0 });
    expect(taken[0]).toMatchObject({
      alert_name: TRIGGER.description,
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      host_ip: '10.0.0.9',
      metric_value: 12.345,
      metric_unit: '%',
      timestamp: '2026-11-21T09:58:33.000Z',
      occurrence_id: '71',
      labels: {
        env: 'prod',
        host: 'checkout-01',
        host_group: 'Fixpoint/Payments',
        trigger_id: '23133',
        event_id: '71',
      },
    });
    expect(calls[0]).toMatchObject({ method: 'problem.get', params: { suppressed: false, source: 0, object: 0 } });
  });

  it('is left alone while its webhook may still be on its way, and when it is known', async () => {
    const young = String(Math.floor(NOW / 1_000) - 30);
    play({ ...ANSWERS, 'problem.get': [PROBLEM, { ...PROBLEM, eventid: '72', clock: young }] });
    const { reconciler, taken } = open({}, [held('71')]);

    expect(await reconciler!.look!(SIGNAL)).toEqual({ taken: 0, ended: 0 });
    expect(taken).toEqual([]);
    expect(calls.map(({ method }) => method)).toEqual(['problem.get']);
  });

  it('is taken in though its trigger may not be seen', async () => {
    play({ 'problem.get': [PROBLEM] });
    const { reconciler, taken } = open();

    await reconciler!.look!(SIGNAL);

    expect(taken[0]).toMatchObject({ alert_name: PROBLEM.name, occurrence_id: '71', host_ip: null });
  });

  it('is read page by page', async () => {
    const first = Array.from({ length: 1_000 }, (_, n) => ({ ...PROBLEM, eventid: String(n + 1) }));
    play({
      ...ANSWERS,
      'problem.get': (params: { eventid_from: string }) => (params.eventid_from === '0' ? first : [PROBLEM]),
    });
    const { reconciler } = open({}, first.map(({ eventid }) => held(eventid)).slice(0, 1_000));

    await reconciler!.look!(SIGNAL);

    expect(calls.filter(({ method }) => method === 'problem.get').map(({ params }) => params['eventid_from'])).toEqual([
      '0',
      '1001',
    ]);
  });
});

describe('what is held for open here and is no problem there', () => {
  it('is resolved when Zabbix says that it has ended, and when', async () => {
    play({
      'problem.get': [],
      'event.get': ({ eventids }: { eventids: string[] }) =>
        eventids.includes('5')
          ? [{ eventid: '5', r_eventid: '8', clock: '1795255113' }]
          : [{ eventid: '8', r_eventid: '0', clock: '1795255200' }],
    });
    const alert = held('5', { service_name: 'db' }).alert;
    const { reconciler, taken } = open({}, [{ alert }]);

    expect(await reconciler!.look!(SIGNAL)).toEqual({ taken: 0, ended: 1 });
    expect(taken[0]).toMatchObject({
      status: 'resolved',
      alert_name: alert.alert_name,
      ends_at: '2026-11-21T10:00:00.000Z',
      occurrence_id: '5',
      labels: { env: 'prod', host: 'db-1', trigger_id: '9', event_id: '5' },
    });
  });

  it.each([
    ['it does not know the event any more', []],
    ['the event has no end', [{ eventid: '5', r_eventid: '0', clock: '1795255113' }]],
  ])('stays open when %s', async (_what, events) => {
    play({ 'problem.get': [], 'event.get': events });
    const { reconciler, taken } = open({}, [held('5')]);

    expect(await reconciler!.look!(SIGNAL)).toEqual({ taken: 0, ended: 0 });
    expect(taken).toEqual([]);
  });
});

describe('acknowledging', () => {
  it('is not done unless it is wanted', () => {
    expect(open().reconciler?.acknowledge).toBeUndefined();
    expect(open({ reconcile: '0s' }).reconciler).toBeNull();
  });

  it('adds a message that names the run', async () => {
    play({ 'event.acknowledge': { eventids: ['71'] } });
    const { reconciler } = open({ acknowledge: true });

    await reconciler!.acknowledge!(held('71').alert, RUN, SIGNAL);

    expect(calls).toMatchObject([
      {
        method: 'event.acknowledge',
        params: { eventids: ['71'], action: 6, message: 'Fixpoint: run 01RUN of playbook PB-Disk works on it' },
      },
    ]);
  });

  it('is made up for where Zabbix does not have the message', async () => {
    const acknowledges = [{ message: 'Fixpoint: run 01OLD works on it' }];
    play({
      'problem.get': [
        { ...PROBLEM, acknowledges },
        { ...PROBLEM, eventid: '72', acknowledges },
      ],
    });
    const { reconciler } = open({ acknowledge: true }, [
      { ...held('71'), run_ids: ['01OLD'] },
      { ...held('72'), run_ids: ['01OLD', '01NEW'] },
    ]);

    await reconciler!.look!(SIGNAL);

    expect(calls.filter(({ method }) => method === 'event.acknowledge').map(({ params }) => params)).toMatchObject([
      { eventids: ['72'], message: 'Fixpoint: run 01NEW works on it' },
    ]);
  });
});

it('rejects in words that hold no token when Zabbix cannot be asked', async () => {
  server.answer({ status: 502, text: 'x'.repeat(64) });
  const { reconciler, taken } = open({}, [held('5')]);

  const failed = reconciler!.look!(SIGNAL);

  await expect(failed).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('answered 502') });
  await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('xxxx') });
  expect(taken).toEqual([]);
});
