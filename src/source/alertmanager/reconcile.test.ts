import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import { openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import type { Alert, ParsedAlert } from '../../domain/alert/alert.js';
import type { ParsedPayload, SourceReconciler } from '../../domain/source.js';
import { alertmanager } from './alertmanager.js';

const NOW = Date.parse('2026-11-21T12:00:00.000Z');
const SIGNAL = new AbortController().signal;

let server: Loopback;
const opened: SourceReconciler[] = [];

beforeEach(async () => {
  server = await openLoopback();
});
afterEach(async () => {
  for (const reconciler of opened.splice(0)) await reconciler.stop();
  await server.close();
});

function open(known: readonly Alert[] = [], now = () => NOW) {
  const config = alertmanager.config.parse({ url: `${server.url}/am` });
  const source = alertmanager.create(config);
  const taken: ParsedAlert[] = [];
  const parsed = (payload: unknown): ParsedPayload => {
    const read = source.parse(payload, NOW);
    if ('unusable' in read) throw new Error(JSON.stringify(read.unusable));
    return read;
  };
  const reconciler = alertmanager.openReconciler!(config, {
    clock: { ...SYSTEM_CLOCK, now },
    occurrences: {
      open: async () => known.map((alert) => ({ occurrence_id: alert.occurrence_id, alert, run_ids: [] })),
    },
    take: async (payload) => {
      const { alerts } = parsed(payload);
      taken.push(...alerts);
      return alerts.length;
    },
  })!;
  opened.push(reconciler);
  return { reconciler, taken, parsed };
}

/** A webhook that left two alerts of its group out. */
const WEBHOOK = {
  version: '4',
  // As Alertmanager writes fix.point.
  receiver: 'fix\\.point',
  groupKey: '{}/{severity=~".+"}:{alertname="TargetDown"}',
  groupLabels: { alertname: 'TargetDown', team: 'a "quoted" one' },
  truncatedAlerts: 2,
  externalURL: 'http://alertmanager:9093',
  alerts: [{ status: 'firing', labels: labels('one'), startsAt: '2026-11-21T11:00:00Z', fingerprint: 'one' }],
};

function labels(instance: string): Record<string, string> {
  return { alertname: 'TargetDown', team: 'a "quoted" one', severity: 'critical', instance };
}

/** An alert as API v2 answers it. */
function gettable(instance: string, over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    labels: labels(instance),
    annotations: { summary: `${instance} is down` },
    startsAt: '2026-11-21T11:30:00.000Z',
    endsAt: '2026-11-21T12:04:00.000Z',
    updatedAt: '2026-11-21T12:00:00.000Z',
    generatorURL: 'http://prometheus:9090/graph?g0.expr=up+%3D%3D+0',
    fingerprint: instance,
    receivers: [{ name: 'fix.point' }, { name: 'pager' }],
    status: { state: 'active', silencedBy: [], inhibitedBy: [] },
    ...over,
  };
}

describe('alerts that a webhook left out', () => {
  it('are fetched for the group and the receiver, and taken in as if they had come', async () => {
    server.answer({ json: [gettable('one'), gettable('two'), gettable('three')] });
    const { reconciler, taken, parsed } = open();

    const came = parsed(WEBHOOK);
    const found = await reconciler.fetch!(came.left_out, SIGNAL);

    expect(found).toEqual({ taken: 2, ended: 0 });
    expect(taken.map(({ fingerprint, group_key, status }) => ({ fingerprint, group_key, status }))).toEqual(
      ['two', 'three'].map((fingerprint) => ({ fingerprint, group_key: came.alerts[0]?.group_key, status: 'firing' })),
    );
    expect(taken[0]).toMatchObject({ timestamp: '2026-11-21T11:30:00.000Z', description: 'two is down' });
    const asked = server.received[0]!.url;
    expect(asked.pathname).toBe('/am/api/v2/alerts');
    expect(asked.searchParams.get('receiver')).toBe('^fix\\.point$');
    expect(asked.searchParams.getAll('filter')).toEqual(['alertname="TargetDown"', 'team="a \\"quoted\\" one"']);
  });

  it('are not those of others, nor what is silenced or inhibited there', async () => {
    server.answer({
      json: [
        gettable('silenced', { status: { state: 'suppressed', silencedBy: ['x'], inhibitedBy: [] } }),
        gettable('foreign', { receivers: [{ name: 'fix-point' }] }),
        gettable('another', { labels: { ...labels('another'), team: 'b' } }),
      ],
    });
    const { reconciler, taken, parsed } = open();

    expect(await reconciler.fetch!(parsed(WEBHOOK).left_out, SIGNAL)).toEqual({ taken: 0, ended: 0 });
    expect(taken).toEqual([]);
  });

  it('may be resolves: what is open here, of this group, and gone there has ended', async () => {
    server.answer({ json: [gettable('one'), gettable('held', { status: { state: 'suppressed' } })] });
    const group_key = `${WEBHOOK.receiver}:${WEBHOOK.groupKey}`;
    const over = anAlert({ group_key, fingerprint: 'over', labels: labels('over') });
    const { reconciler, taken, parsed } = open([
      over,
      anAlert({ group_key, fingerprint: 'held' }),
      anAlert({ group_key, fingerprint: 'one' }),
      anAlert({ group_key: 'another', fingerprint: 'else' }),
    ]);

    expect(await reconciler.fetch!(parsed(WEBHOOK).left_out, SIGNAL)).toEqual({ taken: 0, ended: 1 });
    expect(taken).toMatchObject([{ fingerprint: 'over', status: 'resolved', ends_at: '2026-11-21T12:00:00.000Z' }]);
  });

  it('end nothing when Alertmanager has forgotten the group', async () => {
    server.answer({ json: [] });
    const { reconciler, taken, parsed } = open([
      anAlert({ group_key: `${WEBHOOK.receiver}:${WEBHOOK.groupKey}`, fingerprint: 'open' }),
    ]);

    expect(await reconciler.fetch!(parsed(WEBHOOK).left_out, SIGNAL)).toEqual({ taken: 0, ended: 0 });
    expect(taken).toEqual([]);
  });

  it.each([
    ['an error', { status: 500, text: 'x' }, 'answered 500'],
    ['something else', { json: [{ labels: 5 }] }, 'no alerts (0.labels)'],
  ])('are tried again later after %s', async (_what, answer, message) => {
    server.answer(answer);
    const { reconciler, parsed } = open();

    await expect(reconciler.fetch!(parsed(WEBHOOK).left_out, SIGNAL)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(message),
    });
  });

  it('are none where nothing was truncated, or nobody says of which group', () => {
    const { parsed } = open();

    expect(parsed({ ...WEBHOOK, truncatedAlerts: 0 })).not.toHaveProperty('left_out');
    expect(parsed({ ...WEBHOOK, receiver: undefined })).not.toHaveProperty('left_out');
  });
});

describe('alerts that have ended without a word', () => {
  const MINUTE = 60_000;

  /** An Alertmanager that was up since `uptime` and holds what it is told; looks are a minute apart unless said otherwise. */
  function looked(known: Alert[]) {
    let now = NOW;
    const { reconciler, taken } = open(known, () => now);
    return {
      taken,
      async look(held: readonly string[], { after = MINUTE, uptime = '2026-11-20T00:00:00.000Z' } = {}) {
        now += after;
        server.answer(({ url }) =>
          url.pathname.endsWith('/status')
            ? { json: { uptime, versionInfo: {} } }
            : { json: held.map((instance) => gettable(instance, { status: { state: 'suppressed' } })) },
        );
        return reconciler.look!(SIGNAL);
      },
    };
  }

  const anOpen = (fingerprint: string, over: Partial<Alert> = {}): Alert =>
    anAlert({
      fingerprint,
      group_key: 'fix\\.point:{}:{alertname="TargetDown"}',
      labels: labels(fingerprint),
      received_at: '2026-11-21T11:00:00.000Z',
      ...over,
    });

  it('are resolved once they have been away for ten minutes, with the time of the first look that missed them', async () => {
    const over = anOpen('over');
    const { look, taken } = looked([over, anOpen('lasts')]);

    expect(await look(['over', 'lasts'])).toEqual({ taken: 0, ended: 0 });
    expect(await look(['lasts'])).toEqual({ taken: 0, ended: 0 });
    expect(await look(['lasts'], { after: 9 * MINUTE })).toEqual({ taken: 0, ended: 0 });
    expect(await look(['lasts'])).toEqual({ taken: 0, ended: 1 });

    expect(taken).toMatchObject([
      {
        status: 'resolved',
        fingerprint: 'over',
        group_key: over.group_key,
        labels: over.labels,
        timestamp: over.timestamp,
        ends_at: '2026-11-21T12:02:00.000Z',
      },
    ]);
  });

  it('are known by the fingerprint that they came with, where intake gave them another', async () => {
    const { look, taken } = looked([anOpen('ours', { original: { fingerprint: 'theirs' } })]);

    await look(['theirs']);
    await look(['theirs'], { after: 20 * MINUTE });
    expect(taken).toEqual([]);
    await look([]);
    await look([], { after: 10 * MINUTE });

    expect(taken).toMatchObject([{ fingerprint: 'theirs', status: 'resolved' }]);
  });

  it('are not those that came back in between', async () => {
    const { look, taken } = looked([anOpen('one')]);

    await look(['one']);
    await look([]);
    await look(['one'], { after: 9 * MINUTE });
    await look([]);
    await look([], { after: 9 * MINUTE });

    expect(taken).toEqual([]);
  });

  it('are not those that this Alertmanager never held', async () => {
    const { look, taken } = looked([anOpen('of-another')]);

    for (let count = 0; count < 5; count += 1) await look([], { after: 10 * MINUTE });

    expect(taken).toEqual([]);
  });

  it('are not those that an Alertmanager which began anew does not know of yet', async () => {
    const { look, taken } = looked([anOpen('one')]);

    await look(['one']);
    for (let count = 0; count < 5; count += 1)
      await look([], { after: 10 * MINUTE, uptime: '2026-11-21T12:02:00.000Z' });

    expect(taken).toEqual([]);
  });

  it('are told apart for each member of a cluster behind one address', async () => {
    const { look, taken } = looked([anOpen('one')]);
    const other = '2026-11-20T00:00:05.000Z';

    await look(['one']);
    await look(['one'], { uptime: other });
    await look([]);
    await look([], { uptime: other });
    expect(await look([], { after: 10 * MINUTE })).toEqual({ taken: 0, ended: 1 });

    expect(taken).toMatchObject([{ fingerprint: 'one', status: 'resolved' }]);
  });

  it('count from anew where they ended and began again between two looks', async () => {
    const known = [anOpen('one')];
    const { look, taken } = looked(known);
    await look(['one']);
    await look([]);

    known[0] = anOpen('one', { received_at: '2026-11-21T12:10:00.000Z', timestamp: '2026-11-21T12:09:00.000Z' });
    await look([], { after: 20 * MINUTE });
    expect(taken).toEqual([]);
    await look([], { after: 10 * MINUTE });

    expect(taken).toMatchObject([{ timestamp: '2026-11-21T12:09:00.000Z', ends_at: '2026-11-21T12:22:00.000Z' }]);
  });

  it('are not asked for while nothing is open, and cannot be told where the process does not say since when it is up', async () => {
    await looked([]).look([]);
    expect(server.received).toEqual([]);

    server.answer({ json: [] });
    const { reconciler } = open([anOpen('one')]);
    await expect(reconciler.look!(SIGNAL)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('are looked for every five minutes, as often as is said, or never', () => {
    const every = (slice: Record<string, unknown>): number | null => {
      const config = alertmanager.config.parse({ url: server.url, ...slice });
      const deps = { clock: SYSTEM_CLOCK, occurrences: { open: async () => [] }, take: async () => 0 };
      const reconciler = alertmanager.openReconciler!(config, deps)!;
      opened.push(reconciler);
      return reconciler.every_ms;
    };

    expect([every({}), every({ reconcile: '30s' }), every({ reconcile: '0s' })]).toEqual([300_000, 30_000, null]);
  });
});

describe('the body of a custom payload', () => {
  const alert = { status: 'firing', labels: { alertname: 'A', code: '500' }, startsAt: '2026-11-21T11:00:00Z' };

  it.each([
    ['a bare list', [alert]],
    ['a single alert', alert],
    ['a list that was printed', { cluster: 'eu', alerts: JSON.stringify([alert]) }],
    [
      'numbers where templates made them',
      { version: 4, alerts: [{ ...alert, labels: { alertname: 'A', code: 500 } }] },
    ],
  ])('is understood as %s', (_what, body) => {
    const { parsed } = open();

    expect(alertmanager.recognizes(body)).toBe(true);
    expect(parsed(body).alerts).toMatchObject([{ alert_name: 'A', labels: { alertname: 'A', code: '500' } }]);
  });

  it('is held to its types where Alertmanager itself has sent it', () => {
    const body = { version: '4', alerts: [{ ...alert, labels: { alertname: 'A', code: 500 } }] };
    const source = alertmanager.create(alertmanager.config.parse({}));

    expect(source.parse(body, NOW)).toMatchObject({ unusable: [{ path: 'alerts[0].labels.code' }] });
  });
});
