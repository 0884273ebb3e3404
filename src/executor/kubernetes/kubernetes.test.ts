import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { freePort, openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Received, Reply } from '../../../test/helper/loopback.js';
import { until } from '../../../test/helper/until.js';
import type { Executor, ExecutorSet, Plan } from '../../domain/executor.js';
import type { Intent, Outcome } from '../../domain/run/outcome.js';
import { KubernetesConfig } from './config.js';
import { kubernetesModule } from './kubernetes.js';
import { ScaleInput } from './scale.js';

const PATH = '/apis/apps/v1/namespaces/default/deployments/payment-gateway';
const TOKEN = 'a-very-secret-token';

/** A Deployment behind a loopback API server that applies JSON patches as Kubernetes does. */
interface World {
  replicas: number;
  ready: number;
  uid: string;
  annotations: Record<string, string> | undefined;
  version: number;
  /** Answers a request in place of the world; null lets the world answer. */
  instead: (request: Received) => Reply | null;
}

let server: Loopback;
let world: World;
let clock: FakeClock;

beforeEach(async () => {
  server = await openLoopback();
  clock = new FakeClock();
  world = { replicas: 2, ready: 2, uid: 'uid-1', annotations: {}, version: 7, instead: () => null };
  server.answer((request) => world.instead(request) ?? answerOf(request));
});
afterEach(() => server.close());

function answerOf(request: Received): Reply {
  if (request.url.pathname.includes('/horizontalpodautoscalers')) return { json: { items: [] } };
  if (request.url.pathname.endsWith('/pods') || request.url.pathname.endsWith('/events'))
    return { json: { items: [] } };
  if (request.url.pathname !== PATH) return status(404, 'not found');
  if (request.method === 'PATCH') return patch(request);
  return { json: object() };
}

function object(): unknown {
  const { uid, annotations, replicas, ready, version } = world;
  return {
    kind: 'Deployment',
    metadata: { name: 'payment-gateway', uid, annotations, resourceVersion: String(version), generation: 1 },
    spec: { replicas, selector: { matchLabels: { app: 'payment-gateway' } } },
    status: { replicas, readyReplicas: ready, observedGeneration: 1 },
  };
}

function patch(request: Received): Reply {
  const next = { ...world, annotations: { ...world.annotations } };
  for (const { op, path, value } of JSON.parse(request.body) as { op: string; path: string; value: unknown }[]) {
    const now = {
      '/metadata/uid': world.uid,
      '/spec/replicas': world.replicas,
      '/metadata/resourceVersion': String(world.version),
    }[path];
    if (op === 'test' && now !== value)
      return status(422, 'the server rejected our request due to an error in our request');
    if (op === 'replace') next.replicas = value as number;
    if (op === 'add' && path === '/metadata/annotations') next.annotations = value as Record<string, string>;
    else if (op === 'add')
      next.annotations[path.slice('/metadata/annotations/'.length).replace('~1', '/')] = value as string;
  }
  if (request.url.searchParams.get('dryRun') !== 'All') world = { ...next, version: world.version + 1 };
  return { json: object() };
}

function status(code: number, message: string, headers: Record<string, string> = {}): Reply {
  return { status: code, headers, json: { kind: 'Status', status: 'Failure', code, message } };
}

function open(config: Record<string, unknown> = {}): ExecutorSet {
  const parsed = KubernetesConfig.parse({
    server: server.url,
    token: TOKEN,
    cluster_name: 'shop',
    request_timeout: '5m', // the clock runs ahead of the answers here
    ...config,
  });
  return kubernetesModule.create(parsed, { clock, notify: async () => [] });
}

function executor(config: Record<string, unknown> = {}): Required<Executor> {
  return open(config).executors['kubernetes_scale'] as Required<Executor>; // it has all four abilities
}

const INPUT = ScaleInput.parse({ service: 'payment-gateway', replicas_increase: 1 });

async function planned(work: Required<Executor>, input = INPUT): Promise<Intent> {
  const plan = await work.plan(input, anAttempt());
  if (plan.type !== 'change') throw new Error(JSON.stringify(plan));
  return { ...plan.intent, idempotency_key: anAttempt().idempotency_key };
}

async function scale(config: Record<string, unknown> = {}, input = INPUT): Promise<Outcome> {
  const work = executor(config);
  return work.execute(input, anAttempt({ intent: await planned(work, input) }));
}

/** Moves the clock on, poll by poll, until the work has ended. */
async function advanceUntilEnd(work: Promise<unknown>): Promise<void> {
  let ended = false;
  void work.then(() => (ended = true));
  await until('the end', async () => {
    await clock.advance(2_000);
    return ended;
  });
}

function patches(): Received[] {
  return server.received.filter((request) => request.method === 'PATCH');
}

describe('a plan', () => {
  it('names the one object that will be written, with from and to, and writes nothing', async () => {
    const plan = await executor().plan(INPUT, anAttempt());

    expect(plan).toMatchObject({
      type: 'change',
      intent: {
        target: 'shop/default/Deployment/payment-gateway',
        what: 'replicas',
        from: 2,
        to: 3,
        details: {
          namespace: 'default',
          kind: 'deployment',
          name: 'payment-gateway',
          uid: 'uid-1',
          resource_version: '7',
        },
      },
    });
    expect(patches()).toEqual([]);
    expect(JSON.stringify(plan)).not.toContain(TOKEN);
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('uses no credential that the configuration does not name', async () => {
    const work = executor({ server: undefined, token: undefined });

    const plan = await work.plan(INPUT, anAttempt());

    expect(plan).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(plan)).toContain('executors.kubernetes is not configured');
    expect(server.received).toEqual([]);
    expect(await open({ server: undefined, token: undefined }).check(AbortSignal.timeout(1_000))).toEqual([]);
  });

  it.each<[string, Reply, Partial<Plan>, string]>([
    ['401', status(401, 'Unauthorized'), { retryable: false }, 'does not accept the credential (401)'],
    [
      '403',
      status(403, 'deployments.apps is forbidden: User "x" cannot get resource'),
      { retryable: false },
      'cannot get resource',
    ],
    ['429', status(429, 'slow down', { 'retry-after': '3' }), { retryable: true }, 'too busy (429)'],
    ['500', status(500, 'etcdserver: request timed out'), { retryable: true }, 'answered 500: etcdserver'],
    [
      'a page of HTML',
      { text: '<html>login</html>', headers: { 'content-type': 'text/html' } },
      { retryable: false },
      'Kubernetes',
    ],
    ['JSON of something else', { json: { hello: 'world' } }, { retryable: false }, 'is this a Kubernetes API server?'],
    ['a closed connection', 'close', { retryable: true }, 'was cut'],
  ])('says clearly what went wrong when the API server answers %s', async (_what, reply, expected, text) => {
    world.instead = () => reply;

    const plan = await executor().plan(INPUT, anAttempt());

    expect(plan).toMatchObject({ type: 'failed', ...expected });
    expect(JSON.stringify(plan)).toContain(text);
    expect(JSON.stringify(plan)).not.toContain(TOKEN);
  });

  it('gives up a server that does not answer', async () => {
    world.instead = () => 'hang';

    const planning = executor({ request_timeout: '50ms' }).plan(INPUT, anAttempt());
    await until('the request', () => server.pending() > 0);
    await advanceUntilEnd(planning);

    expect(await planning).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(await planning)).toContain('did not answer within 50 ms');
    await until('the request to be gone', () => server.pending() === 0);
  });

  it('gives up a server that stops in the middle of its answer', async () => {
    world.instead = () => 'cut';

    const plan = await executor().plan(INPUT, anAttempt());

    expect(plan).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(plan)).toContain('was cut: ECONNRESET');
  });

  it('says that nobody listens', async () => {
    const plan = await executor({ server: `http://127.0.0.1:${await freePort()}` }).plan(INPUT, anAttempt());

    expect(plan).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(plan)).toContain('the connection was refused');
  });

  it('refuses an object that is being deleted', async () => {
    world.instead = ({ url }) =>
      url.pathname === PATH
        ? {
            json: {
              ...(object() as object),
              metadata: { uid: 'u', resourceVersion: '1', deletionTimestamp: '2026-11-21T10:00:00Z' },
            },
          }
        : null;

    expect(JSON.stringify(await executor().plan(INPUT, anAttempt()))).toContain('is being deleted');
  });

  it('scales from one namespace only what the map allows', async () => {
    const work = executor({
      services: { 'payment-gateway': { namespace: 'payments', kind: 'Deployment', name: 'pgw' } },
    });

    const plan = await work.plan(INPUT, anAttempt());

    expect(JSON.stringify(plan)).toContain('there is no Deployment named pgw in namespace payments');
  });

  it('does not take a service name for a path', async () => {
    const plan = await executor().plan(ScaleInput.parse({ service: '../../secrets/x', replicas: 2 }), anAttempt());

    expect(plan).toMatchObject({ type: 'failed', retryable: false });
    expect(server.received).toEqual([]);
  });

  it('never shows what stands in a broken kubeconfig', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fixpoint-kubeconfig-'));
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, `users:\n- token: ${TOKEN}\n  bad: [indent\n`);

    const plan = await executor({ server: undefined, token: undefined, kubeconfig }).plan(INPUT, anAttempt());
    await rm(folder, { recursive: true });

    expect(JSON.stringify(plan)).toContain(kubeconfig);
    expect(JSON.stringify(plan)).not.toContain(TOKEN);
  });
});

describe('a write', () => {
  it('tests uid and replicas in the same patch that changes them, and waits until all are ready', async () => {
    const done = scale();
    await until('a look after the patch', () => server.received.at(-1)?.method === 'GET' && patches().length === 1);
    world.ready = 3;
    await advanceUntilEnd(done);

    expect(await done).toMatchObject({
      type: 'succeeded',
      output: { replicas_before: 2, replicas_after: 3, ready_replicas: 3, ready: true, changed: true },
      summary: 'payment-gateway 2 → 3 replicas, ready',
      change: { target: 'shop/default/Deployment/payment-gateway', what: 'replicas', from: 2, to: 3 },
    });
    const [request] = patches();
    expect(request?.headers['content-type']).toBe('application/json-patch+json');
    expect(request?.url.searchParams.get('fieldManager')).toBe('fixpoint');
    expect(JSON.parse(request?.body ?? '')).toEqual(
      expect.arrayContaining([
        { op: 'test', path: '/metadata/uid', value: 'uid-1' },
        { op: 'test', path: '/spec/replicas', value: 2 },
        { op: 'replace', path: '/spec/replicas', value: 3 },
      ]),
    );
  });

  it('keeps annotations that it did not know of when the object had none', async () => {
    world.annotations = undefined;
    let tries = 0;
    world.instead = (request) => {
      if (request.method !== 'PATCH' || ++tries > 1) return null;
      // A controller annotates between our look and our patch.
      world = { ...world, annotations: { 'deployment.kubernetes.io/revision': '1' }, version: 8 };
      return null;
    };

    const outcome = await scale({}, ScaleInput.parse({ service: 'payment-gateway', replicas: 3, wait: false }));

    expect(outcome).toMatchObject({ type: 'succeeded', output: { changed: true } });
    expect(Object.keys(world.annotations ?? {})).toEqual([
      'deployment.kubernetes.io/revision',
      'fixpoint.io/last-change',
    ]);
  });

  it('is done when its answer was lost but the object bears its mark', async () => {
    world.ready = 3;
    world.instead = (request) => {
      if (request.method !== 'PATCH') return null;
      patch(request);
      return 'close';
    };

    expect(await scale()).toMatchObject({ type: 'succeeded', output: { replicas_after: 3, changed: true } });
    expect(world.replicas).toBe(3);
  });

  it.each<[string, Reply]>([
    ['closes the connection', 'close'],
    ['answers 500', status(500, 'etcdserver: leader changed')],
    ['answers 503 without saying when to come back', status(503, 'unavailable')],
    ['never answers', 'hang'],
  ])('is in doubt when the API server %s and nothing shows that it happened', async (_what, reply) => {
    world.instead = (request) => (request.method === 'PATCH' ? reply : null);

    const scaling = scale({ request_timeout: '1s' });
    await until('the patch', () => patches().length === 1);
    if (reply === 'hang') await clock.advance(1_000);
    const outcome = await scaling;

    expect(outcome).toMatchObject({ type: 'in_doubt' });
    expect(JSON.stringify(outcome)).toContain('it has 2 replicas at present');
    expect(patches()).toHaveLength(1);
  });

  it('did not begin when the API server turned it away', async () => {
    world.instead = (request) => (request.method === 'PATCH' ? status(503, 'starting', { 'retry-after': '2' }) : null);

    expect(await scale()).toMatchObject({ type: 'failed', retryable: true, retry_after_ms: 2_000 });
  });

  it('says what an admission rule refused', async () => {
    world.instead = (request) =>
      request.method === 'PATCH' ? status(422, 'admission webhook denied: too many') : null;

    const outcome = await scale();

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(JSON.stringify(outcome)).toContain('admission webhook denied: too many');
  });

  it('writes nothing when the object changed since it was planned', async () => {
    const work = executor();
    const intent = await planned(work);
    world.replicas = 5;

    const outcome = await work.execute(INPUT, anAttempt({ intent }));

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
    expect(JSON.stringify(outcome)).toContain('has 5 replicas now, not 2');
    expect(patches()).toEqual([]);
  });

  it('with dry_run asks the API server without changing anything', async () => {
    const outcome = await executor().execute(INPUT, anAttempt({ dry_run: true }));

    expect(outcome).toMatchObject({ type: 'succeeded', output: { dry_run: true, changed: false, replicas_after: 3 } });
    expect(patches().map((request) => request.url.searchParams.get('dryRun'))).toEqual(['All']);
    expect(world.replicas).toBe(2);
  });

  it('tells that it wrote when the time is over before everything is ready', async () => {
    const cancel = new AbortController();
    const work = executor();
    const intent = await planned(work);

    const done = work.execute(INPUT, anAttempt({ intent, signal: cancel.signal }));
    await until('the patch and a look', () => patches().length === 1 && server.received.at(-1)?.method === 'GET');
    cancel.abort();

    const outcome = await done;
    expect(outcome).toMatchObject({
      type: 'failed',
      retryable: false,
      output: { changed: true, ready: false, replicas_before: 2, replicas_after: 3, ready_replicas: 2 },
    });
    expect(JSON.stringify(outcome)).toContain('replicas were set from 2 to 3, but only 2 of 3 became ready in time');
  });

  it('goes on looking when a look fails, and stops when somebody else changes the object', async () => {
    const done = scale();
    await until('the patch', () => patches().length === 1);
    world.instead = () => 'close';
    const before = server.received.length;
    await until('failed looks', async () => {
      await clock.advance(2_000);
      return server.received.length > before + 1;
    });
    world.instead = () => null;
    world.replicas = 9;
    await advanceUntilEnd(done);

    expect(JSON.stringify(await done)).toContain('somebody else set replicas to 9 meanwhile');
  });
});

describe('a look at an earlier write', () => {
  it('is not sure when somebody else changed the object since', async () => {
    const work = executor();
    const intent = await planned(work);
    world.replicas = 3;

    const look = await work.lookup(INPUT, anAttempt({ intent }));

    expect(look).toMatchObject({ type: 'unknown' });
    expect(JSON.stringify(look)).toContain('does not bear the mark of this change');
  });

  it('is not sure when the object is another one now, or cannot be read', async () => {
    const work = executor();
    const intent = await planned(work);
    world.uid = 'uid-2';

    const another = await work.lookup(INPUT, anAttempt({ intent }));
    world.instead = () => status(403, 'forbidden');
    const unread = await work.lookup(INPUT, anAttempt({ intent }));

    expect(another).toMatchObject({ type: 'unknown' });
    expect(unread).toMatchObject({ type: 'unknown' });
  });

  it('knows that nothing was done while the object is as it was planned for', async () => {
    const work = executor();
    const intent = await planned(work);

    expect(await work.lookup(INPUT, anAttempt({ intent }))).toEqual({ type: 'not_done' });
  });
});

describe('the input', () => {
  it.each([
    [{ service: 'x' }, 'replicas'],
    [{ service: 'x', replicas: 1, replicas_increase: 1 }, 'replicas'],
    [{ replicas: 1 }, 'service'],
    [{ service: 'x', replicas: -1 }, 'replicas'],
    [{ service: 'x', replicas: 1.5 }, 'replicas'],
    [{ service: 'x', replicas_increase: 0 }, 'replicas_increase'],
    [{ service: 'x', replicas: 2, min_replicas: 3, max_replicas: 2 }, 'max_replicas'],
    [{ service: 'x', replicas: 2, kind: 'daemonset' }, 'kind'],
    [{ service: 'x', replicas: 2, namespace: 'Not A Name' }, 'namespace'],
  ])('%j is wrong at %s', (input, path) => {
    const parsed = ScaleInput.safeParse(input);

    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});

describe('the configuration', () => {
  it.each([
    [{ server: 'https://a', kubeconfig: '/b' }, 'server'],
    [{ context: 'c' }, 'context'],
    [{ token: 't' }, 'token'],
    [{ server: 'ftp://a' }, 'server'],
    [{ server: 'https://user:pass@a' }, 'server'],
    [{ min_replicas: 3, max_replicas: 2 }, 'max_replicas'],
    [{ unknown_key: 1 }, ''],
  ])('%j is wrong at %s', (config, path) => {
    const parsed = KubernetesConfig.safeParse(config);

    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
