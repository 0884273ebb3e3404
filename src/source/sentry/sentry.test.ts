import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { RECEIVED_AT, SourceBodies } from '../../../test/helper/source-bodies.js';
import { sentry } from './sentry.js';

const bodies = new SourceBodies(sentry);

describe('an issue alert', () => {
  it('is understood field by field', () => {
    expect(bodies.one('issue-alert')).toMatchObject({
      source_system: 'sentry',
      alert_name: 'Payments fail',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      host_ip: 'web-3',
      metric_value: null,
      timestamp: '2026-11-20T21:06:17.677Z',
      labels: {
        environment: 'prod',
        severity: 'error',
        project: 'checkout',
        organization: 'shop',
        issue_id: '1117540176',
      },
      description: 'TimeoutError: no answer from the bank (checkout.views.pay)',
      fingerprint: 'issue:1117540176',
      occurrence_id: 'issue:1117540176',
      links: { generator: expect.stringContaining('/issues/1117540176/events/') },
    });
  });

  it('lasts until its issue is resolved, and an issue that is back began anew', () => {
    const resolved = bodies.body('issue-resolved');

    expect(bodies.one(resolved)).toMatchObject({
      status: 'resolved',
      fingerprint: bodies.one('issue-alert').fingerprint,
      ends_at: RECEIVED_AT,
    });
    expect(bodies.one({ ...resolved, action: 'unresolved' })).toMatchObject({
      status: 'firing',
      timestamp: RECEIVED_AT,
    });
    expect(bodies.one({ ...resolved, action: 'archived' }).status).toBe('resolved');
  });

  it('needs little more than its issue', () => {
    expect(bodies.one('issue-alert-bare')).toMatchObject({ alert_name: 'Fatal errors', severity: 'critical' });
  });

  it('without an id of its issue has the identity that Sentry groups by', () => {
    const body = bodies.body('issue-alert');
    delete body.data.event.issue_id;
    const { fingerprint } = bodies.one(body);
    body.data.event.title = 'TimeoutError: no answer from the other bank';
    expect(bodies.one(body).fingerprint).toBe(fingerprint);
    body.data.event.hashes = ['other'];
    expect(bodies.one(body).fingerprint).not.toBe(fingerprint);
  });

  it.each([
    [{ level: 7 }, 'data.event.level'],
    [{ tags: [['a']] }, null],
    [{ tags: [7] }, 'data.event.tags[0]'],
    [{ tags: {} }, 'data.event.tags'],
    [{ datetime: 'x' }, 'data.event.datetime'],
    [{ issue_id: {} }, 'data.event.issue_id'],
  ])('is refused with its place: %j', (over, path) => {
    const body = bodies.body('issue-alert');
    Object.assign(body.data.event, over);

    expect(bodies.refused(body)?.[0]?.path ?? null).toBe(path);
  });
});

describe('a metric alert', () => {
  it('is understood field by field', () => {
    expect(bodies.one('metric-alert-critical')).toMatchObject({
      alert_name: 'Too many errors',
      severity: 'critical',
      status: 'firing',
      service_name: 'checkout',
      metric_value: 1000,
      timestamp: '2026-11-20T12:16:40.000Z',
      labels: { environment: 'prod', metric_name: 'count()', project: 'checkout' },
      links: { generator: 'https://sentry.io/organizations/shop/alerts/1/' },
    });
  });

  it('and its resolve are one occurrence, a later incident of the rule is another', () => {
    const { fingerprint, occurrence_id } = bodies.one('metric-alert-critical');
    const next = bodies.body('metric-alert-critical');
    next.data.metric_alert.id = '5';

    expect(bodies.one('metric-alert-resolved')).toMatchObject({
      status: 'resolved',
      fingerprint,
      occurrence_id,
      ends_at: '2026-11-20T12:46:40.000Z',
    });
    expect(bodies.one(next).fingerprint).toBe(fingerprint);
    expect(bodies.one(next).occurrence_id).not.toBe(occurrence_id);
  });

  it('has no figure when its text is of another form', () => {
    const body = bodies.body('metric-alert-critical');
    body.data.description_text = 'At 12:30 there were 7 errors';

    expect(bodies.one(body).metric_value).toBeNull();
  });

  it('is refused for an action that it does not have', () => {
    expect(bodies.refused({ ...bodies.body('metric-alert-critical'), action: 'exploded' })?.[0]?.path).toBe('action');
  });
});

it('the older plugin is understood, too', () => {
  expect(bodies.one('plugin')).toMatchObject({
    alert_name: 'Slow answers',
    severity: 'warning',
    service_name: 'checkout',
    host_ip: 'worker-2',
    fingerprint: 'issue:31415',
  });
});

it.each(['issue-assigned', 'installation-created'])('%s is no alert', (name) => {
  expect(bodies.read(name)).toMatchObject({ alerts: [], aside: true });
});

it.each([
  [{ action: 'triggered' }, 'data'],
  [{ action: 'triggered', data: {} }, 'data'],
  [{ data: { event: {} } }, 'action'],
])('%j is refused with its place', (payload, path) => {
  expect(bodies.refused(payload)?.[0]?.path).toBe(path);
});

it("Sentry's signature is the HMAC of the body with the client secret", () => {
  const proof = sentry.senderProof!(sentry.config.parse({ secret: 's3cret' }), { clock: new FakeClock() })!;
  const body = Buffer.from('{"action":"triggered"}');
  const signature = createHmac('sha256', 's3cret').update(body).digest('hex');

  expect(proof.proves({ headers: { 'sentry-hook-signature': signature }, body })).toBe(true);
  expect(proof.proves({ headers: { 'sentry-hook-signature': signature }, body: Buffer.from('{}') })).toBe(false);
  expect(proof.proves({ headers: { 'sentry-hook-signature': [signature] }, body })).toBe(false);
  expect(sentry.senderProof!(sentry.config.parse({}), { clock: new FakeClock() })).toBeNull();
});

it('title and culprit that are too long together are cut, and the first rule of the plugin is made fit for the store', () => {
  const body = bodies.body('issue-alert');
  Object.assign(body.data.event, { title: 't'.repeat(60_000), culprit: 'c'.repeat(60_000) });
  const plugin = { ...bodies.body('plugin'), triggering_rules: ['a\u0000b\ud800'] };

  expect(Buffer.byteLength(bodies.one(body).description)).toBeLessThanOrEqual(65_536);
  expect(bodies.one(plugin).alert_name).toBe('a\uFFFDb\uFFFD');
});
