import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as k8s from '@kubernetes/client-node';
import { KubernetesConfig } from '../../src/executor/kubernetes/config.js';
import { kubernetesModule } from '../../src/executor/kubernetes/kubernetes.js';
import { ScaleInput } from '../../src/executor/kubernetes/scale.js';
import type { AttemptContext, Executor, Lookup, Plan } from '../../src/domain/executor.js';
import type { Intent, Outcome } from '../../src/domain/run/outcome.js';
import { anAlert } from '../helper/an-alert.js';
import { anAttempt } from '../helper/an-attempt.js';
import { describeWith, serverFile } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const NS = 'fixpoint-scale-test';
const OTHER = 'fixpoint-scale-other';

await describeWith(['kubernetes'], 'kubernetes_scale on a real API server', () => {
  const kubeconfig = serverFile('kubernetes/admin.kubeconfig');
  const admin = new k8s.KubeConfig();
  admin.loadFromFile(kubeconfig);
  const apps = admin.makeApiClient(k8s.AppsV1Api);
  const core = admin.makeApiClient(k8s.CoreV1Api);
  const rbac = admin.makeApiClient(k8s.RbacAuthorizationV1Api);
  const autoscaling = admin.makeApiClient(k8s.AutoscalingV2Api);
  let count = 0;

  function spec(name: string, replicas: number, cpu = '10m'): k8s.V1DeploymentSpec & k8s.V1StatefulSetSpec {
    return {
      replicas,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'main', image: 'shop', resources: { requests: { cpu } } }],
        },
      },
    };
  }

  async function deploy(
    replicas: number,
    over: { cpu?: string; namespace?: string; name?: string } = {},
  ): Promise<string> {
    const name = over.name ?? `web-${++count}`;
    const namespace = over.namespace ?? NS;
    const { serviceName: _none, ...body } = spec(name, replicas, over.cpu);
    await apps.createNamespacedDeployment({ namespace, body: { metadata: { name }, spec: body } });
    if (over.cpu === undefined)
      await until(`${name} to be ready`, async () => (await ready(name, namespace)) === replicas);
    return name;
  }

  async function ready(name: string, namespace = NS): Promise<number> {
    return (await apps.readNamespacedDeployment({ name, namespace })).status?.readyReplicas ?? 0;
  }

  async function replicas(name: string, namespace = NS): Promise<number | undefined> {
    return (await apps.readNamespacedDeployment({ name, namespace })).spec?.replicas;
  }

  function executor(config: Record<string, unknown> = {}): Required<Executor> {
    const parsed = KubernetesConfig.parse({
      kubeconfig,
      namespace: NS,
      poll_interval: '100ms',
      cluster_name: 'test',
      ...config,
    });
    const set = kubernetesModule.create(parsed, { clock: SYSTEM_CLOCK, notify: async () => [] });
    return set.executors['kubernetes_scale'] as Required<Executor>; // it has all four abilities
  }

  /** Plans and does, as the scheduler would. */
  async function scale(
    input: Record<string, unknown>,
    over: Partial<AttemptContext> = {},
    config: Record<string, unknown> = {},
  ): Promise<{ plan: Plan; intent: Intent | null; outcome: Outcome }> {
    const work = executor(config);
    const attempt = anAttempt({
      idempotency_key: `run-${++count}:scale:do`,
      signal: AbortSignal.timeout(30_000),
      ...over,
    });
    const parsed = ScaleInput.parse(input);
    const plan = await work.plan(parsed, attempt);
    if (plan.type === 'nothing') return { plan, intent: null, outcome: plan.outcome };
    if (plan.type === 'failed') return { plan, intent: null, outcome: plan };
    const intent = { ...plan.intent, idempotency_key: attempt.idempotency_key };
    return { plan, intent, outcome: await work.execute(parsed, { ...attempt, intent }) };
  }

  async function removeNamespaces(): Promise<void> {
    for (const name of [NS, OTHER]) await core.deleteNamespace({ name }).catch(() => undefined);
    for (const name of [NS, OTHER])
      await until(
        `namespace ${name} to be gone`,
        async () => {
          const gone = await core.readNamespace({ name }).then(
            () => false,
            () => true,
          );
          return gone;
        },
        60_000,
      );
  }

  beforeAll(async () => {
    await removeNamespaces();
    for (const name of [NS, OTHER]) {
      await core.createNamespace({ body: { metadata: { name } } });
      await until('the service account', () => core.readNamespacedServiceAccount({ name: 'default', namespace: name }));
    }
  });
  afterAll(async () => {
    await rbac.deleteClusterRole({ name: 'fixpoint-scale-test' }).catch(() => undefined);
    await removeNamespaces();
  });

  it('takes a Deployment from one to two ready replicas', async () => {
    const name = await deploy(1);

    const { intent, outcome } = await scale({ service: name, replicas_increase: 1, max_replicas: 5 });

    expect(intent).toMatchObject({ target: `test/${NS}/Deployment/${name}`, what: 'replicas', from: 1, to: 2 });
    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: {
        service: name,
        namespace: NS,
        kind: 'Deployment',
        name,
        replicas_before: 1,
        replicas_after: 2,
        ready_replicas: 2,
        ready: true,
        changed: true,
      },
      change: { target: `test/${NS}/Deployment/${name}`, what: 'replicas', from: 1, to: 2 },
    });
    expect(await ready(name)).toBe(2);
  });

  it('scales down and waits until the surplus is gone', async () => {
    const name = await deploy(3);

    const { outcome } = await scale({ service: name, replicas_decrease: 5, min_replicas: 1 });

    expect(outcome).toMatchObject({ type: 'succeeded', output: { replicas_after: 1, ready_replicas: 1 } });
  });

  it('scales a StatefulSet of the service', async () => {
    const name = `db-${++count}`;
    await apps.createNamespacedStatefulSet({ namespace: NS, body: { metadata: { name }, spec: spec(name, 1) } });

    const { outcome } = await scale({ service: name, replicas: 2 });

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: { kind: 'StatefulSet', replicas_after: 2, ready: true },
    });
  });

  it('refuses two objects of one name, and does as it is told which', async () => {
    const name = await deploy(1);
    await apps.createNamespacedStatefulSet({ namespace: NS, body: { metadata: { name }, spec: spec(name, 1) } });

    const both = await scale({ service: name, replicas: 2 });
    const one = await scale({ service: name, kind: 'Deployment', replicas: 2 });

    expect(both.outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(both.outcome)).toContain('Deployment and StatefulSet');
    expect(one.outcome).toMatchObject({ type: 'succeeded', output: { kind: 'Deployment' } });
  });

  it('says that there is none', async () => {
    const { outcome } = await scale({ service: 'nobody', replicas: 2 });

    expect(outcome).toMatchObject({
      type: 'failed',
      retryable: false,
      reason: `there is no Deployment or StatefulSet named nobody in namespace ${NS}`,
    });
  });

  it("finds the service where the alert's label points, and where the map says", async () => {
    const name = await deploy(1, { namespace: OTHER });
    const alert = anAlert({ labels: { namespace: OTHER } });

    const byLabel = await scale({ service: name, replicas: 2 }, { alert });
    const byMap = await scale(
      { service: 'checkout', replicas: 1 },
      {},
      { services: { checkout: { namespace: OTHER, name } } },
    );
    const contradiction = await scale(
      { service: 'checkout', namespace: NS, replicas: 1 },
      {},
      { services: { checkout: { namespace: OTHER, name } } },
    );

    expect(byLabel.outcome).toMatchObject({ type: 'succeeded', output: { namespace: OTHER, replicas_after: 2 } });
    expect(byMap.outcome).toMatchObject({
      type: 'succeeded',
      output: { service: 'checkout', name, replicas_after: 1 },
    });
    expect(contradiction.outcome).toMatchObject({ type: 'failed', retryable: false });
  });

  it('stops at the bounds of playbook and configuration, and says which guard', async () => {
    const name = await deploy(2);

    const clipped = await scale({ service: name, replicas_increase: 5, max_replicas: 3 });
    const atBound = await scale({ service: name, replicas_increase: 1, max_replicas: 9 }, {}, { max_replicas: 3 });
    const outside = await scale({ service: name, replicas: 4 }, {}, { max_replicas: 3 });
    const zero = await scale({ service: name, replicas: 0 });

    expect(clipped.outcome).toMatchObject({ type: 'succeeded', output: { replicas_after: 3 } });
    expect(atBound.plan.type).toBe('nothing');
    expect(atBound.outcome).toMatchObject({ type: 'succeeded', output: { changed: false, replicas_after: 3 } });
    expect(JSON.stringify(atBound.outcome)).toContain('guard max_replicas');
    expect(outside.outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(outside.outcome)).toContain('guard max_replicas: 4 is above 3');
    expect(JSON.stringify(zero.outcome)).toContain('guard min_replicas: 0 is below 1');
    expect(await replicas(name)).toBe(3);
  });

  it('writes nothing when somebody else was faster', async () => {
    const name = await deploy(1);
    const work = executor();
    const attempt = anAttempt({ idempotency_key: 'run-race:scale:do' });
    const input = ScaleInput.parse({ service: name, replicas: 2 });
    const plan = await work.plan(input, attempt);
    if (plan.type !== 'change') throw new Error(plan.type);
    await apps.patchNamespacedDeployment({
      name,
      namespace: NS,
      body: [{ op: 'replace', path: '/spec/replicas', value: 3 }],
    });

    const outcome = await work.execute(input, {
      ...attempt,
      intent: { ...plan.intent, idempotency_key: attempt.idempotency_key },
    });

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(outcome)).toContain('has 3 replicas now, not 1');
    expect(await replicas(name)).toBe(3);
  });

  it('with dry_run lets the API server judge, and changes nothing', async () => {
    const name = await deploy(1);

    const { outcome } = await scale({ service: name, replicas: 2 }, { dry_run: true });

    expect(outcome).toMatchObject({ type: 'succeeded', output: { changed: false, dry_run: true, replicas_after: 2 } });
    expect(outcome).not.toHaveProperty('change');
    expect(await replicas(name)).toBe(1);
  });

  it('does not scale twice when the same attempt is made again', async () => {
    const name = await deploy(1);
    const key = { idempotency_key: 'run-again:scale:do' };

    await scale({ service: name, replicas_increase: 1 }, key);
    const again = await scale({ service: name, replicas_increase: 1 }, key);

    expect(again.outcome).toMatchObject({ type: 'succeeded', output: { replicas_before: 1, replicas_after: 2 } });
    expect(await replicas(name)).toBe(2);
  });

  it('tells afterwards whether a write took place, and undoes it', async () => {
    const name = await deploy(1);
    const work = executor();
    const input = ScaleInput.parse({ service: name, replicas: 2 });
    const attempt = anAttempt({ idempotency_key: 'run-look:scale:do' });
    const plan = await work.plan(input, attempt);
    if (plan.type !== 'change') throw new Error(plan.type);
    const intent = { ...plan.intent, idempotency_key: attempt.idempotency_key };
    const look = (): Promise<Lookup> => work.lookup(input, { ...attempt, intent });

    const before = await look();
    await work.execute(input, { ...attempt, intent });
    const after = await look();
    const undone = await work.compensate(input, { ...attempt, intent, idempotency_key: 'run-look:scale:undo' });
    const twice = await work.compensate(input, { ...attempt, intent, idempotency_key: 'run-look:scale:undo-again' });

    expect(before).toEqual({ type: 'not_done' });
    expect(after).toMatchObject({ type: 'done', output: { replicas_before: 1, replicas_after: 2 } });
    expect(undone).toMatchObject({
      type: 'succeeded',
      output: { replicas_before: 2, replicas_after: 1, changed: true },
    });
    expect(twice).toMatchObject({ type: 'succeeded', output: { changed: false } });
    expect(await replicas(name)).toBe(1);
  });

  it('leaves alone what somebody else changed since', async () => {
    const name = await deploy(1);
    const { intent } = await scale({ service: name, replicas: 2 }, { idempotency_key: 'run-a:scale:do' });
    await apps.patchNamespacedDeployment({
      name,
      namespace: NS,
      body: [{ op: 'replace', path: '/spec/replicas', value: 4 }],
    });

    const undo = await executor().compensate(ScaleInput.parse({ service: name, replicas: 2 }), anAttempt({ intent }));

    expect(undo).toMatchObject({ type: 'failed', retryable: false });
    expect(await replicas(name)).toBe(4);
  });

  it('leaves an autoscaled object to its autoscaler unless it is told otherwise', async () => {
    const name = await deploy(1);
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
    await autoscaling.createNamespacedHorizontalPodAutoscaler({
      namespace: NS,
      body: { metadata: { name: `${name}-hpa` }, spec: { scaleTargetRef, maxReplicas: 3 } },
    });

    const refused = await scale({ service: name, replicas: 2 });
    const told = await scale({ service: name, replicas: 2, ignore_autoscaler: true });

    expect(refused.outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(refused.outcome)).toContain(`guard autoscaler: ${name}-hpa`);
    expect(told.outcome).toMatchObject({ type: 'succeeded' });
  });

  it('says what keeps pods from becoming ready, and that the write took place', async () => {
    const name = await deploy(1, { cpu: '20' });
    await until('the first pod', async () => (await ready(name)) === 1);

    const { outcome } = await scale({ service: name, replicas: 9, ready_timeout: '1500ms' });

    expect(outcome).toMatchObject({
      type: 'failed',
      retryable: false,
      output: { changed: true, ready: false, replicas_before: 1, replicas_after: 9 },
    });
    expect(JSON.stringify(outcome)).toContain('Insufficient cpu');
    await apps.deleteNamespacedDeployment({ name, namespace: NS });
  });

  it('says that a quota keeps pods from being made', async () => {
    const name = await deploy(1);
    const quota = { metadata: { name: 'pods' }, spec: { hard: { pods: '0' } } };
    await core.createNamespacedResourceQuota({ namespace: NS, body: quota });
    await until(
      'the quota',
      async () => (await core.readNamespacedResourceQuota({ name: 'pods', namespace: NS })).status?.hard?.['pods'],
    );

    const { outcome } = await scale({ service: name, replicas: 3, ready_timeout: '1500ms' });
    await core.deleteNamespacedResourceQuota({ name: 'pods', namespace: NS });

    expect(outcome).toMatchObject({ type: 'failed', output: { changed: true } });
    expect(JSON.stringify(outcome)).toContain('exceeded quota');
  });

  it('names the missing right, and works with exactly the rights that it asks for', async () => {
    const name = await deploy(1);
    const config = { kubeconfig: serverFile('kubernetes/fixpoint.kubeconfig') };
    const set = kubernetesModule.create(KubernetesConfig.parse({ ...config, namespace: NS }), {
      clock: SYSTEM_CLOCK,
      notify: async () => [],
    });

    const forbidden = await scale({ service: name, replicas: 2 }, {}, config);
    const [before] = await set.check(AbortSignal.timeout(10_000));
    await grant([{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] }]);
    const allowed = await until('the grant', async () => {
      const { outcome, intent } = await scale({ service: name, replicas: 2 }, {}, config);
      return outcome.type === 'succeeded' ? { outcome, intent } : null;
    });
    const [after] = await set.check(AbortSignal.timeout(10_000));

    expect(forbidden.outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(forbidden.outcome)).toContain('cannot get resource');
    expect(before).toMatchObject({ name: 'executors.kubernetes', ok: false });
    expect(before!.message).toContain('patch deployments.apps');
    expect(JSON.stringify(allowed.intent)).toContain('nobody looked for an autoscaler');
    expect(after).toMatchObject({ ok: true });
    expect(after!.message).toContain('list pods (optional)');
  });

  it('does not accept a wrong token, an unknown authority, or a closed port', async () => {
    const token = /token: ([\w-]+)/.exec(readFileSync(kubeconfig, 'utf8'))![1]!;
    const ca = readFileSync(serverFile('kubernetes/certs/apiserver.crt'), 'utf8');
    const server = 'https://127.0.0.1:26443';
    const by = async (config: Record<string, unknown>): Promise<Plan> =>
      executor({ kubeconfig: undefined, ...config }).plan(ScaleInput.parse({ service: 'x', replicas: 2 }), anAttempt());

    const wrong = await by({ server, token: 'not-the-token-at-all', tls: { ca } });
    const untrusted = await by({ server, token });
    const closed = await by({ server: 'https://127.0.0.1:1', token, tls: { ca } });
    const right = await by({ server, token, tls: { ca } });

    expect(wrong).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(wrong)).toContain('401');
    expect(untrusted).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(untrusted)).toContain('not trusted');
    expect(closed).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(right)).toContain('there is no Deployment');
    for (const text of [wrong, untrusted, closed, right].map((plan) => JSON.stringify(plan)))
      expect(text).not.toMatch(new RegExp(`not-the-token-at-all|${token}`));
  });

  async function grant(rules: k8s.V1PolicyRule[]): Promise<void> {
    const name = 'fixpoint-scale-test';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
    const subjects = [{ kind: 'Group', name: 'fixpoint-operators', apiGroup: 'rbac.authorization.k8s.io' }];
    await rbac.createClusterRole({ body: { metadata: { name }, rules } });
    await rbac.createNamespacedRoleBinding({ namespace: NS, body: { metadata: { name }, roleRef, subjects } });
  }
});
