import {
  AppsV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  VersionApi,
} from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startShop } from '../../src/demo/start-shop.js';
import type { Shop } from '../../src/demo/start-shop.js';
import { FakeClock } from '../helper/fake-clock.js';

/** A foreign answer, looked at field by field in the expectations. */
type Answered = any;

const WEB = { name: 'payment-gateway', namespace: 'default' };
const MERGE = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

let clock: FakeClock;
let shop: Shop;
let config: KubeConfig;
let apps: AppsV1Api;

function kubeConfig(token: string): KubeConfig {
  const loaded = new KubeConfig();
  loaded.loadFromClusterAndUser(
    { name: 'shop', server: shop.addresses.kubernetes, skipTLSVerify: true },
    { name: 'fixpoint', token },
  );
  return loaded;
}

beforeEach(async () => {
  clock = new FakeClock();
  shop = await startShop({ clock, seed: 7 });
  config = kubeConfig(shop.kubernetes_token);
  apps = config.makeApiClient(AppsV1Api);
});

afterEach(() => shop.stop());

async function refusal(work: Promise<unknown>): Promise<{ code: number; status: Answered }> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason as { code: number; body: unknown },
  );
  if (error === null) throw new Error('expected a refusal, got an answer');
  return { code: error.code, status: typeof error.body === 'string' ? JSON.parse(error.body) : error.body };
}

describe("the shop's Kubernetes, asked by the official client", () => {
  it('lets nobody in without the token', async () => {
    const stranger = kubeConfig('wrong').makeApiClient(AppsV1Api);

    expect((await refusal(stranger.readNamespacedDeployment(WEB))).code).toBe(401);
    const answer = await fetch(`${shop.addresses.kubernetes}/version`);
    expect([answer.status, await answer.json()]).toEqual([
      401,
      expect.objectContaining({ kind: 'Status', status: 'Failure', reason: 'Unauthorized', code: 401 }),
    ]);
  });

  it('shows deployments and stateful sets with spec and status', async () => {
    const deployment = await apps.readNamespacedDeployment(WEB);
    const database = await apps.readNamespacedStatefulSet({ name: 'shop-db', namespace: 'default' });

    expect(deployment).toMatchObject({
      kind: 'Deployment',
      spec: { replicas: 2 },
      status: { replicas: 2, readyReplicas: 2, updatedReplicas: 2, observedGeneration: 1 },
    });
    expect(deployment.metadata?.creationTimestamp).toBeInstanceOf(Date);
    expect(database).toMatchObject({ kind: 'StatefulSet', spec: { replicas: 1 }, status: { readyReplicas: 1 } });
    expect(
      (await apps.listNamespacedDeployment({ namespace: 'default' })).items.map((item) => item.metadata?.name),
    ).toEqual(['payment-gateway', 'order-service', 'inventory-service']);
    expect(
      (await apps.listDeploymentForAllNamespaces({ labelSelector: 'app in (order-service, nobody)' })).items,
    ).toHaveLength(1);
    expect((await apps.listNamespacedDeployment({ namespace: 'elsewhere' })).items).toEqual([]);
  });

  it('says what is not there, in words that name it', async () => {
    const missing = await refusal(apps.readNamespacedDeployment({ name: 'cart', namespace: 'default' }));

    expect(missing).toMatchObject({
      code: 404,
      status: {
        reason: 'NotFound',
        message: 'deployments.apps "cart" not found',
        details: { name: 'cart', group: 'apps', kind: 'deployments' },
      },
    });
    expect((await refusal(apps.readNamespacedStatefulSet(WEB))).code).toBe(404);
    expect((await refusal(apps.readNamespacedDeployment({ ...WEB, namespace: 'elsewhere' }))).code).toBe(404);
  });

  it('scales by a JSON patch with a test: new pods become ready after a while', async () => {
    const before = await apps.readNamespacedDeployment(WEB);
    const body = [
      { op: 'test', path: '/metadata/uid', value: before.metadata?.uid },
      { op: 'test', path: '/spec/replicas', value: 2 },
      { op: 'replace', path: '/spec/replicas', value: 3 },
    ];
    const patched = await apps.patchNamespacedDeployment({ ...WEB, body, fieldManager: 'fixpoint' });
    expect(patched).toMatchObject({
      spec: { replicas: 3 },
      metadata: { generation: 2 },
      status: { readyReplicas: 2, observedGeneration: 2, unavailableReplicas: 1 },
    });

    await clock.advance(1_000);
    expect((await apps.readNamespacedDeploymentStatus(WEB)).status?.readyReplicas).toBe(2);
    await clock.advance(1_200);
    const after = await apps.readNamespacedDeployment(WEB);
    expect(after.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 });
    expect(Number(after.metadata?.resourceVersion)).toBeGreaterThan(Number(patched.metadata?.resourceVersion));
    expect(shop.model.readyPods('payment-gateway', clock.now())).toHaveLength(3);
  });

  it('refuses a JSON patch whose test does not hold, and changes nothing', async () => {
    const body = [
      { op: 'test', path: '/spec/replicas', value: 7 },
      { op: 'replace', path: '/spec/replicas', value: 8 },
    ];

    expect(await refusal(apps.patchNamespacedDeployment({ ...WEB, body }))).toMatchObject({
      code: 422,
      status: { reason: 'Invalid' },
    });
    expect((await apps.readNamespacedDeployment(WEB)).spec?.replicas).toBe(2);
  });

  it('scales by the subresource: merge patch, put with a version, conflict', async () => {
    const scale = await apps.readNamespacedDeploymentScale(WEB);
    expect(scale).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 2, selector: 'app=payment-gateway' },
    });

    const merged = await apps.patchNamespacedDeploymentScale({ ...WEB, body: { spec: { replicas: 3 } } }, MERGE);
    expect(merged.spec?.replicas).toBe(3);

    const late = await refusal(
      apps.replaceNamespacedDeploymentScale({ ...WEB, body: { ...scale, spec: { replicas: 5 } } }),
    );
    expect(late).toMatchObject({ code: 409, status: { reason: 'Conflict' } });
    expect(late.status.message).toContain(
      'the object has been modified; please apply your changes to the latest version and try again',
    );

    const fresh = await apps.readNamespacedDeploymentScale(WEB);
    expect(
      (await apps.replaceNamespacedDeploymentScale({ ...WEB, body: { ...fresh, spec: { replicas: 4 } } })).spec
        ?.replicas,
    ).toBe(4);
    expect((await apps.readNamespacedDeployment(WEB)).spec?.replicas).toBe(4);
  });

  it('refuses an object as JSON patch, as a real server does', async () => {
    expect((await refusal(apps.patchNamespacedDeploymentScale({ ...WEB, body: { spec: { replicas: 3 } } }))).code).toBe(
      400,
    );
  });

  it('writes nothing in a dry run', async () => {
    const answer = await apps.patchNamespacedDeployment(
      { ...WEB, body: { spec: { replicas: 4 } }, dryRun: 'All' },
      MERGE,
    );

    expect(answer.spec?.replicas).toBe(4);
    expect((await apps.readNamespacedDeployment(WEB)).spec?.replicas).toBe(2);
    expect((await refusal(apps.patchNamespacedDeployment({ ...WEB, body: {}, dryRun: 'Some' }, MERGE))).code).toBe(422);
  });

  it.each([
    [-1, 422],
    [1.5, 422],
    [1_000, 403],
  ])('refuses %d replicas with %d', async (replicas, code) => {
    expect((await refusal(apps.patchNamespacedDeployment({ ...WEB, body: { spec: { replicas } } }, MERGE))).code).toBe(
      code,
    );
  });

  it('leaves the version as it is when a write changes nothing, and raises it for an annotation', async () => {
    const before = await apps.readNamespacedDeployment(WEB);
    const same = await apps.patchNamespacedDeployment({ ...WEB, body: { spec: { replicas: 2 } } }, MERGE);
    expect(same.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);

    const noted = await apps.patchNamespacedDeployment(
      { ...WEB, body: { metadata: { annotations: { 'example.com/note': 'x' } } } },
      MERGE,
    );
    expect(noted.metadata).toMatchObject({
      generation: 1,
      annotations: { 'example.com/note': 'x', 'deployment.kubernetes.io/revision': '1' },
    });
    expect(noted.metadata?.resourceVersion).not.toBe(before.metadata?.resourceVersion);
  });

  it('replaces the pods when the template changes, as kubectl rollout restart does it', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const names = async (): Promise<(string | undefined)[]> =>
      (await core.listNamespacedPod({ namespace: 'default', labelSelector: 'app=payment-gateway' })).items.map(
        (pod) => pod.metadata?.name,
      );
    const before = await names();
    const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-11-21T10:00:00Z' };
    await apps.patchNamespacedDeployment(
      { ...WEB, body: { spec: { template: { metadata: { annotations } } } } },
      MERGE,
    );
    await clock.advance(3_000);

    expect(await names()).toHaveLength(2);
    expect((await names()).some((name) => before.includes(name))).toBe(false);
  });

  it('lists pods, events and autoscalers, and says what may be done', async () => {
    const core = config.makeApiClient(CoreV1Api);
    shop.model.scale('payment-gateway', 3);
    const pods = (
      await core.listNamespacedPod({ namespace: 'default', labelSelector: 'app=payment-gateway', limit: 50 })
    ).items;
    const events = await core.listNamespacedEvent({
      namespace: 'default',
      fieldSelector: `involvedObject.uid=${pods[0]?.metadata?.uid ?? ''},type!=Warning`,
    });
    const review = await config.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: {
        spec: { resourceAttributes: { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'default' } },
      },
    });

    expect(pods.map((pod) => pod.status?.phase)).toEqual(['Running', 'Running', 'Pending']);
    expect(pods[2]?.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    expect(events.items.map((event) => event.reason)).toEqual(['Scheduled', 'Started']);
    expect(
      (await config.makeApiClient(AutoscalingV2Api).listNamespacedHorizontalPodAutoscaler({ namespace: 'default' }))
        .items,
    ).toEqual([]);
    expect(review.status?.allowed).toBe(true);
    expect((await config.makeApiClient(VersionApi).getCode()).gitVersion).toMatch(/^v1\./);
  });

  it('refuses methods and patches that it does not know', async () => {
    expect((await refusal(apps.deleteNamespacedDeployment(WEB))).code).toBe(405);
    expect(
      (
        await refusal(
          apps.patchNamespacedDeployment(
            { ...WEB, body: {} },
            setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
          ),
        )
      ).code,
    ).toBe(415);
    expect(
      (await refusal(config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: 'default', labelSelector: '==' })))
        .code,
    ).toBe(400);
  });
});
