import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import { openLoopback } from '../../../test/helper/loopback.js';
import type { Loopback, Received, Reply } from '../../../test/helper/loopback.js';
import { SYSTEM_CLOCK } from '../../../test/helper/system-clock.js';
import { until } from '../../../test/helper/until.js';
import type { Executor } from '../../domain/executor.js';
import { KubernetesConfig } from './config.js';
import { kubernetesModule } from './kubernetes.js';
import { ScaleInput } from './scale.js';

const TOKEN = 'a+very/secret=token';
const INPUT = ScaleInput.parse({ service: 'payment-gateway', replicas_increase: 1 });
const TLS = join(import.meta.dirname, '../../../test/fixture/tls');

let server: Loopback;
beforeEach(async () => {
  server = await openLoopback();
});
afterEach(() => server.close());

function executor(config: Record<string, unknown> = {}, clock = SYSTEM_CLOCK): Required<Executor> {
  const parsed = KubernetesConfig.parse({ server: server.url, token: TOKEN, cluster_name: 'shop', ...config });
  const set = kubernetesModule.create(parsed, { clock, notify: async () => [] });
  return set.executors['kubernetes_scale'] as Required<Executor>; // it has all four abilities
}

async function planWith(config: Record<string, unknown>): Promise<string> {
  return JSON.stringify(await executor(config).plan(INPUT, anAttempt()));
}

/** A Deployment that takes every patch and has never more than two pods ready. */
function answerOf({ url, method }: Received, replicas = method === 'PATCH' ? 3 : 2): Reply {
  if (/\/(pods|events|horizontalpodautoscalers)$/.test(url.pathname)) return { json: { items: [] } };
  if (!url.pathname.endsWith('/deployments/payment-gateway')) return { status: 404, json: { message: 'not found' } };
  return {
    json: {
      metadata: { name: 'payment-gateway', uid: 'uid-1', annotations: {}, resourceVersion: '7', generation: 1 },
      spec: { replicas, selector: { matchLabels: { app: 'payment-gateway' } } },
      status: {
        replicas,
        readyReplicas: 2,
        observedGeneration: 1,
        conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: `asked by ${TOKEN}` }],
      },
    },
  };
}

describe('an answer of the API server', () => {
  it('is not read without end', async () => {
    server.answer('flood');

    const plan = await executor({ request_timeout: '5m' }).plan(INPUT, anAttempt());

    expect(plan).toMatchObject({ type: 'failed', retryable: false });
    expect(plan).toHaveProperty('reason', expect.stringContaining('is larger than 16777216 bytes'));
    await until('the connection to be closed', () => server.connections() === 0);
  });

  it('leaves a write in doubt when it is not read to its end', async () => {
    server.answer((request) => (request.method === 'PATCH' ? 'flood' : answerOf(request)));
    const work = executor({ request_timeout: '5m' });
    const plan = await work.plan(INPUT, anAttempt());
    if (plan.type !== 'change') throw new Error(JSON.stringify(plan));

    const intent = { ...plan.intent, idempotency_key: anAttempt().idempotency_key };
    const outcome = await work.execute(INPUT, anAttempt({ intent }));

    expect(outcome).toMatchObject({ type: 'in_doubt' });
    expect(outcome).toHaveProperty('reason', expect.stringContaining('is larger than'));
  });

  it('leads nowhere else: a redirect is not followed, and the credential not carried there', async () => {
    const elsewhere = await openLoopback();
    server.answer({ status: 307, headers: { location: `${elsewhere.url}/x` } });

    const plan = await planWith({});
    await elsewhere.close();

    expect(plan).toContain('sends elsewhere (307), and redirects are not followed');
    expect(elsewhere.received).toEqual([]);
  });

  it('is taken over TLS from a server that the configured authority vouches for, and from no other', async () => {
    const [cert, key] = ['localhost.crt', 'localhost.key'].map((name) => readFileSync(join(TLS, name), 'utf8'));
    const secured = createServer({ cert, key }, (request, response) => {
      const got = { method: request.method!, url: new URL(request.url!, 'http://x'), headers: {}, body: '' };
      const { json = {}, status = 200 } = answerOf(got) as { json?: unknown; status?: number };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    });
    await new Promise<void>((resolve) => secured.listen(0, '127.0.0.1', resolve));
    const url = `https://localhost:${(secured.address() as AddressInfo).port}`;

    const trusted = await planWith({ server: url, tls: { ca: cert } });
    const strange = await planWith({ server: url });
    secured.closeAllConnections();
    await new Promise((resolve) => secured.close(resolve));

    expect(trusted).toContain('"type":"change"');
    expect(strange).toContain('shows a certificate that is not trusted');
  });
});

describe('the credential', () => {
  it.each<[string, Reply]>([
    ['a Status', { status: 403, json: { kind: 'Status', message: `token ${TOKEN} may not` } }],
    ['plain text', { status: 500, text: `panic: Bearer ${TOKEN}` }],
    ['JSON of its own', { status: 500, text: JSON.stringify(`"${TOKEN}"`) }],
    ['an address', { status: 500, text: `GET /?token=${encodeURIComponent(TOKEN)}` }],
    ['base64', { status: 500, text: Buffer.from(TOKEN).toString('base64') }],
    ['a text that is cut just there', { status: 500, text: `${'x'.repeat(390)} ${TOKEN}` }],
    ['its content type', { text: '{}', headers: { 'content-type': `text/${TOKEN}` } }],
  ])('is not shown when the server repeats it in %s', async (_what, reply) => {
    server.answer(reply);

    const plan = await planWith({});

    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    for (const spelling of [TOKEN, TOKEN.slice(0, 8), encodeURIComponent(TOKEN), Buffer.from(TOKEN).toString('base64')])
      expect(plan).not.toContain(spelling);
  });

  it('is not shown when it is of a kubeconfig', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fixpoint-kubeconfig-'));
    const kubeconfig = join(folder, 'config');
    const cluster = { server: server.url, 'insecure-skip-tls-verify': true };
    const users = { token: { token: 'kubeconfig-token' }, password: { username: 'robot', password: 'robot-password' } };
    const said: string[] = [];
    server.answer(({ headers }) => {
      const [scheme, sent = ''] = (headers.authorization ?? '').split(' ');
      const known = scheme === 'Basic' ? Buffer.from(sent, 'base64').toString() : sent;
      return { status: 500, text: `${sent} is ${known}, ends with ${known.slice(known.indexOf(':') + 1)}` };
    });

    for (const [name, user] of Object.entries(users)) {
      const document = {
        clusters: [{ name, cluster }],
        users: [{ name, user }],
        contexts: [{ name, context: { cluster: name, user: name } }],
        'current-context': name,
      };
      await writeFile(kubeconfig, JSON.stringify(document)); // every JSON is YAML
      said.push(await planWith({ server: undefined, token: undefined, kubeconfig }));
    }
    await rm(folder, { recursive: true });

    expect(said).toHaveLength(2);
    for (const text of said) expect(text).toContain('answered 500: *** is ***, ends with ***');
  });

  it('is not shown when it stands in what explains why pods are not ready', async () => {
    const message = `quota of ${TOKEN} exceeded`;
    server.answer((request) => {
      if (request.url.pathname.endsWith('/events')) return { json: { items: [{ reason: 'FailedCreate', message }] } };
      if (request.url.pathname.endsWith('/pods'))
        return { json: { items: [{ metadata: { name: TOKEN }, status: { phase: 'Pending' } }] } };
      return answerOf(request, server.received.some(({ method }) => method === 'PATCH') ? 3 : 2);
    });
    const clock = new FakeClock();
    const work = executor({ request_timeout: '5m' }, clock);
    const input = ScaleInput.parse({ service: 'payment-gateway', replicas_increase: 1, ready_timeout: '10s' });
    const plan = await work.plan(input, anAttempt());
    if (plan.type !== 'change') throw new Error(JSON.stringify(plan));

    const intent = { ...plan.intent, idempotency_key: anAttempt().idempotency_key };
    let outcome = '';
    void work.execute(input, anAttempt({ intent })).then((ended) => (outcome = JSON.stringify(ended)));
    await until('the end', async () => {
      await clock.advance(2_000);
      return outcome !== '';
    });

    expect(outcome).toContain('quota of *** exceeded');
    expect(outcome).toContain('asked by ***');
    expect(outcome).toContain('*** is Pending');
    expect(outcome).not.toContain(TOKEN);
  });
});
