import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ParsedAlert } from '../domain/alert/alert.js';
import type { ParsedPayload } from '../domain/source.js';
import { sources } from './registry.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const AT = '2026-11-21T09:58:33.000Z';

function moduleOf(name: string) {
  return sources.find((module) => module.name === name)!;
}

function fixture(file: string): Record<string, unknown> {
  const path = join(import.meta.dirname, '../../test/fixture', `${file}.json`);
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

function parse(name: string, body: unknown) {
  const module = moduleOf(name);
  return module.create(module.config.parse(undefined)).parse(body, NOW);
}

function one(name: string, body: unknown): ParsedAlert {
  const parsed = parse(name, body);
  if ('unusable' in parsed) throw new Error(JSON.stringify(parsed.unusable));
  expect(parsed.alerts).toHaveLength(1);
  return parsed.alerts[0]!;
}

/** The name of the source is the folder. */
function ofFixture(file: string): ParsedAlert {
  return one(file.split('/')[0]!, fixture(file));
}

describe('what happened to a tag', () => {
  it.each([
    ['github', { ...fixture('github/push'), ref: 'refs/tags/v2.0.0' }],
    ['gitlab', { ...fixture('gitlab/push'), object_kind: 'tag_push', ref: 'refs/tags/v2.0.0' }],
  ])('is told by its tag, and is no branch: a push to %s', (source, body) => {
    const { labels, description } = one(source, body);

    expect(labels['tag']).toBe('v2.0.0');
    expect(labels).not.toHaveProperty('branch');
    expect(description).toContain('pushed to v2.0.0');
  });

  it('is no failure of the default branch, whatever the tag is called', () => {
    const pipeline = fixture('gitlab/pipeline-failed');
    const attributes = pipeline['object_attributes'] as Record<string, unknown>;
    const named = (pipeline['project'] as Record<string, unknown>)['default_branch'];
    const of = (tag: boolean) => one('gitlab', { ...pipeline, object_attributes: { ...attributes, ref: named, tag } });

    expect(of(false)).toMatchObject({ severity: 'warning', labels: { branch: named } });
    expect(of(true)).toMatchObject({ severity: 'info', labels: { tag: named } });
    expect(of(true).labels).not.toHaveProperty('branch');
  });
});

describe('a job of an older GitLab, which tells no project', () => {
  it('is of the project at whose homepage it is', () => {
    const { project: _, ...job } = fixture('gitlab/job-failed');
    const repository = { name: 'Order Service', homepage: 'https://gitlab.example/shop/backend/order-service' };

    expect(one('gitlab', { ...job, project_id: 1, repository })).toMatchObject({
      service_name: 'order-service',
      labels: { repository: 'shop/backend/order-service' },
    });
  });
});

describe('a notification of Argo CD with the whole application', () => {
  const whole = fixture('argocd/application');

  it('is read as one with the fields of the documentation', () => {
    const application = whole['app'] as Record<string, unknown>;

    expect(ofFixture('argocd/application')).toMatchObject({
      alert_name: 'Deployment_Degraded',
      service_name: 'order-service',
      timestamp: AT,
      labels: {
        app: 'order-service',
        project: 'shop',
        namespace: 'orders',
        environment: 'production',
        destination: 'https://kubernetes.default.svc',
        commit: '59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5',
        repository: 'https://github.com/shop/deploy',
        health_status: 'Degraded',
        actor: 'eve',
      },
      links: { repository: 'https://github.com/shop/deploy' },
    });
    const { labels: _, links: __, ...alert } = ofFixture('argocd/application');
    const { labels: ___, links: ____, ...bare } = one('argocd', application);
    expect(bare).toEqual(alert);
    expect(moduleOf('argocd').recognizes(application)).toBe(true);
    expect(moduleOf('argocd').recognizes(whole)).toBe(true);
  });

  it('is the same event as the one that was written field by field', () => {
    const { fingerprint, occurrence_id } = ofFixture('argocd/degraded');

    expect(ofFixture('argocd/application')).toMatchObject({ fingerprint, occurrence_id });
  });

  it.each([
    [{ metadata: {} }, 'app'],
    [{ metadata: 'x' }, 'app.metadata'],
    [{ metadata: { name: 'a' }, status: [] }, 'app.status'],
    [{ metadata: { name: 'a' }, status: { operationState: 'x' } }, 'app.status.operationState'],
  ])('is refused with its place: %j', (app, path) => {
    const parsed = parse('argocd', { app });

    expect('unusable' in parsed && parsed.unusable[0]?.path).toBe(path);
  });
});

describe('a change event', () => {
  it.each([
    ['github/push', 'Push', 'info', 'push', 'order-service', { branch: 'main', actor: 'octocat' }],
    ['github/enveloped-push', 'Push', 'info', 'push', 'order-service', { repository: 'shop/order-service' }],
    ['github/workflow-run-failed', 'Build_Failed', 'warning', 'build', 'order-service', { workflow: 'Build' }],
    ['github/deployment', 'Deployment_Started', 'info', 'deployment', 'order-service', { environment: 'production' }],
    [
      'github/deployment-status-failure',
      'Deployment_Failed',
      'critical',
      'deployment',
      'order-service',
      { outcome: 'failed' },
    ],
    ['github/release', 'Release_Succeeded', 'info', 'release', 'order-service', { tag: 'v1.4.0' }],
    ['gitlab/push', 'Push', 'info', 'push', 'order-service', { branch: 'feature', actor: 'jsmith' }],
    ['gitlab/pipeline-failed', 'Build_Failed', 'warning', 'build', 'order-service', { pipeline_id: '31' }],
    ['gitlab/job-failed', 'Build_Failed', 'warning', 'build', 'order-service', { ci_job: 'test' }],
    [
      'gitlab/deployment-success',
      'Deployment_Succeeded',
      'info',
      'deployment',
      'order-service',
      { environment: 'staging' },
    ],
    ['gitlab/release', 'Release_Succeeded', 'info', 'release', 'order-service', { tag: 'v1.1' }],
    ['argocd/sync-failed', 'Deployment_Failed', 'critical', 'deployment', 'order-service', { namespace: 'orders' }],
    ['argocd/deployed', 'Deployment_Succeeded', 'info', 'deployment', 'order-service', { outcome: 'succeeded' }],
    [
      'argocd/degraded',
      'Deployment_Degraded',
      'critical',
      'deployment',
      'order-service',
      { health_status: 'Degraded' },
    ],
  ] as const)('%s is %s, %s', (file, alert_name, severity, event, service_name, labels) => {
    const alert = ofFixture(file);

    expect(alert).toMatchObject({
      alert_name,
      severity,
      service_name,
      momentary: true,
      status: 'firing',
      ends_at: null,
    });
    expect(alert.labels).toMatchObject({ event, ...labels });
    if (file !== 'github/deployment') expect(alert.timestamp).toBe(AT);
    expect(alert.group_key).toBe(alert.occurrence_id);
    expect(Object.values(alert.labels).every((value) => typeof value === 'string' && value !== '<no value>')).toBe(
      true,
    );
  });

  it.each([
    ['github/workflow-run-failed', 'workflow_run', { run_attempt: 3 }],
    ['github/deployment-status-failure', 'deployment_status', { id: 7 }],
    ['gitlab/pipeline-failed', 'object_attributes', { finished_at: '2026-11-21 09:59:33 UTC' }],
  ])('%s again is another occurrence of the same kind of change', (file, key, over) => {
    const body = fixture(file);
    const again = one(file.split('/')[0]!, { ...body, [key]: { ...(body[key] as object), ...over } });

    expect(again.occurrence_id).not.toBe(ofFixture(file).occurrence_id);
    expect(again.fingerprint).toBe(ofFixture(file).fingerprint);
  });

  it('that was delivered twice is the same occurrence', () => {
    expect(ofFixture('github/enveloped-push').occurrence_id).toBe(ofFixture('github/push').occurrence_id);
  });

  it('to an environment that is no production is a warning when it fails, and a rollback is one at all', () => {
    const body = fixture('github/deployment-status-failure');
    const deployment = body['deployment'] as object;
    const status = body['deployment_status'] as object;

    expect(one('github', { ...body, deployment: { ...deployment, environment: 'staging' } }).severity).toBe('warning');
    expect(
      one('github', {
        ...body,
        deployment: { ...deployment, task: 'deploy:rollback' },
        deployment_status: { ...status, state: 'success' },
      }),
    ).toMatchObject({ alert_name: 'Rollback_Succeeded', severity: 'warning' });
  });

  it.each([
    ['github', { github_event: 'ping', payload: { zen: 'Design for failure.', repository: {} } }],
    ['github', { github_event: 'workflow_run', payload: { action: 'requested', workflow_run: {} } }],
    ['github', { ...fixture('github/push'), deleted: true, after: '0'.repeat(40) }],
    ['gitlab', { object_kind: 'issue', project: {} }],
    ['gitlab', { ...fixture('gitlab/pipeline-failed'), object_attributes: { id: 1, status: 'running' } }],
    ['argocd', { ...fixture('argocd/deployed'), phase: '<no value>' }],
    // Names that every object has are no states.
    ['gitlab', { ...fixture('gitlab/pipeline-failed'), object_attributes: { id: 1, status: '__proto__' } }],
    ['argocd', { ...fixture('argocd/deployed'), phase: 'constructor' }],
  ])('of %s is no alert where nothing has changed: %j', (name, body) => {
    expect(parse(name, body)).toMatchObject({ alerts: [], aside: true });
  });

  it.each([
    ['github', { github_event: 'push', payload: { ref: 5, after: 'a', repository: { full_name: 'a/b' } } }, null],
    [
      'github',
      { github_event: 'push', payload: { ref: {}, after: 'a', repository: { full_name: 'a/b' } } },
      'payload.ref',
    ],
    ['github', { github_event: 'push', payload: [] }, 'payload'],
    ['github', { ...fixture('github/release'), release: { id: null } }, 'release.id'],
    ['gitlab', { ...fixture('gitlab/pipeline-failed'), object_attributes: 'x' }, 'object_attributes'],
    ['gitlab', { object_kind: {}, project: {} }, 'object_kind'],
    ['argocd', { ...fixture('argocd/deployed'), app: '' }, 'app'],
    ['argocd', { ...fixture('argocd/deployed'), message: [] }, 'message'],
  ])('of %s that is invalid is refused with its place: %j', (name, body, path) => {
    const parsed = parse(name, body);

    if (path === null) expect(parsed).toHaveProperty('alerts');
    else expect(parsed).toMatchObject({ unusable: expect.arrayContaining([expect.objectContaining({ path })]) });
  });
});

describe("GitHub's and GitLab's credentials", () => {
  const body = Buffer.from('{"zen": 1}');
  const deps = { clock: { now: () => 0, monotonic: () => 0, after: () => () => undefined } };

  it('are the signature of the body, and the token', async () => {
    const github = moduleOf('github').senderProof!({ secret: 's' }, deps)!;
    const gitlab = moduleOf('gitlab').senderProof!({ secret: 's' }, deps)!;
    const signature = `sha256=${createHmac('sha256', 's').update(body).digest('hex')}`;

    expect(await github.proves({ headers: { 'x-hub-signature-256': signature }, body })).toBe(true);
    expect(await github.proves({ headers: { 'x-hub-signature-256': signature }, body: Buffer.from('{}') })).toBe(false);
    expect(await gitlab.proves({ headers: { 'x-gitlab-token': 's' }, body })).toBe(true);
    expect(await gitlab.proves({ headers: { 'x-gitlab-token': 'ss' }, body })).toBe(false);
  });

  it('are none without a secret', () => {
    expect(moduleOf('github').senderProof!({}, deps)).toBeNull();
    expect(moduleOf('gitlab').senderProof!({}, deps)).toBeNull();
  });
});

describe('what GitHub says in headers', () => {
  function enclosed(headers: Record<string, string>, body: string): unknown {
    return JSON.parse(
      Buffer.from(moduleOf('github').envelope!.enclose({ headers, body: Buffer.from(body) })).toString(),
    );
  }

  it('stands in the body afterwards, also when that was a form', () => {
    const headers = { 'x-github-event': 'push', 'x-github-delivery': 'd"1' };
    const expected = { github_event: 'push', github_delivery: 'd"1', payload: { a: 'ü&' } };

    expect(enclosed(headers, '{"a": "ü&"}')).toEqual(expected);
    expect(enclosed(headers, `payload=${encodeURIComponent('{"a": "ü&"}')}`)).toEqual(expected);
  });
});

describe('CloudEvents', () => {
  it('are moments, with what their data says as labels', () => {
    expect(ofFixture('cloudevents/structured')).toMatchObject({
      alert_name: 'com.example.order.cancelled',
      severity: 'info',
      service_name: 'order-service',
      metric_value: 129.9,
      metric_unit: 'EUR',
      momentary: true,
      timestamp: AT,
      labels: {
        event: 'com.example.order.cancelled',
        subject: 'order/98441',
        tenant: 'eu',
        reason: 'payment timed out',
      },
      occurrence_id: 'https://shop.example/orders A234-1234-1234',
      links: { generator: 'https://shop.example/orders' },
    });
  });

  it('come in batches, and one whose status is firing lasts', () => {
    const { alerts } = parse('cloudevents', fixture('cloudevents/batch')) as ParsedPayload;
    const resolved = one('cloudevents', {
      ...(fixture('cloudevents/batch') as unknown as Record<string, unknown>[])[2],
      id: 'D1',
      data: { status: 'resolved' },
    });

    expect(alerts.map(({ momentary, severity, status }) => ({ momentary, severity, status }))).toEqual([
      { momentary: true, severity: 'info', status: 'firing' },
      { momentary: true, severity: 'info', status: 'firing' },
      { momentary: undefined, severity: 'critical', status: 'firing' },
    ]);
    expect(resolved).toMatchObject({ status: 'resolved', occurrence_id: alerts[2]?.occurrence_id });
  });

  it('that are invalid are refused one by one', () => {
    const good = fixture('cloudevents/structured');
    const parsed = parse('cloudevents', [good, { ...good, id: '' }, { ...good, specversion: '0.3' }, 5]);

    expect(parsed).toMatchObject({
      alerts: [{ alert_name: 'com.example.order.cancelled' }],
      rejected: [
        { details: [{ path: '[1].id' }] },
        { details: [{ path: '[2].specversion' }] },
        { details: [{ path: '[3]' }] },
      ],
    });
  });

  it('in binary mode are the same', () => {
    const { data, ...attributes } = fixture('cloudevents/structured');
    const headers = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [`ce-${name}`, encodeURIComponent(String(value))]),
    );
    const { enclose } = moduleOf('cloudevents').envelope!;
    const read = (body: string | Buffer): unknown =>
      JSON.parse(Buffer.from(enclose({ headers: { ...headers, host: 'x' }, body: Buffer.from(body) })).toString());

    expect(one('cloudevents', read(JSON.stringify(data)))).toEqual(ofFixture('cloudevents/structured'));
    expect(read('')).not.toHaveProperty('data');
    expect(read('plain')).toMatchObject({ data: 'plain' });
    expect(read(Buffer.from([0xff]))).toMatchObject({ data_base64: '/w==' });
    expect(read('['.repeat(3_000) + ']'.repeat(3_000))).toHaveProperty('data');
  });
});
