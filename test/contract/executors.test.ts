import { describe, expect, it } from 'vitest';
import { executorModules } from '../../src/executor/registry.js';
import type { Received, Reply } from '../helper/loopback.js';
import { executorSuite, SECRET } from './executor-suite.js';
import type { ExecutorCase } from './executor-suite.js';

type World = Omit<ExecutorCase, 'module' | 'kind'>;

/** One world for each kind, or several. A kind without one fails the last test of this file. */
const WORLDS: Readonly<Record<string, readonly World[]>> = {
  api_call: [
    {
      input: { action: 'GET /health' },
      config: (base_url) => ({ base_url, bearer_token: SECRET }),
      answer: () => () => ({ json: { is_healthy: true } }),
      any_answer: true,
    },
    {
      input: { action: 'POST /restart', reason: 'test' },
      config: (base_url) => ({ base_url, headers: { 'X-Api-Key': SECRET } }),
      answer: () => () => ({ json: { done: true } }),
      writes: (request) => request.method === 'POST',
      any_answer: true,
    },
  ],
  approval: [{ input: { message: 'May it?' }, config: () => ({}), local: true }],
  confirmation: [{ input: {}, config: () => ({}), local: true }],
  database_check: [
    {
      input: {},
      config: (url) => ({ databases: { shop: { url: url.replace('http://', `postgres://u:${SECRET}@`) + '/shop' } } }),
    },
  ],
  kubernetes_scale: [
    {
      input: { service: 'payment-gateway', replicas_increase: 1 },
      config: (server) => ({ server, token: SECRET, poll_interval: '50ms', request_timeout: '1s' }),
      answer: aCluster,
      writes: ({ method, url }) => method !== 'GET' && url.searchParams.get('dryRun') !== 'All',
    },
  ],
  log_aggregation: [
    {
      input: { service: 'payment-gateway' },
      config: (url) => ({ url, api_key: SECRET }),
      answer: () => (request) => (request.url.pathname.endsWith('_field_caps') ? FIELDS : FOUND),
    },
  ],
  notification: [{ input: { message: 'x' }, config: () => ({}), local: true }],
  playbook: [{ input: { playbook_id: 'PB-Other' }, config: () => ({}), local: true }],
  prometheus_query: [
    {
      input: { query: 'up' },
      config: (url) => ({ url, bearer_token: SECRET }),
      answer: () => () => ({ json: { status: 'success', data: { resultType: 'vector', result: [] } } }),
    },
  ],
  service_topology: [
    {
      input: { service: 'payment-gateway' },
      config: (url) => ({ url, bearer_token: SECRET }),
      answer: () => () => ({ json: { data: [{ parent: 'payment-gateway', child: 'order-service', callCount: 3 }] } }),
    },
  ],
  trace_analysis: [
    {
      input: { service: 'payment-gateway' },
      config: (url) => ({ url, bearer_token: SECRET }),
      answer: () => () => ({ json: { data: [] } }),
    },
  ],
  wait: [{ input: { duration: '1s' }, config: () => ({}), local: true }],
};

const FIELDS: Reply = {
  json: { indices: ['logs'], fields: { service: { keyword: {} }, message: { text: {} }, level: { keyword: {} } } },
};

const FOUND: Reply = {
  json: {
    timed_out: false,
    _shards: { total: 1, successful: 1, skipped: 0, failed: 0 },
    hits: { total: { value: 40, relation: 'eq' }, hits: [] },
    aggregations: { errors: { doc_count: 4 }, keywords: { doc_count: 2 } },
  },
};

/** A Deployment whose replicas follow the patches at once. */
function aCluster(): (request: Received) => Reply {
  let replicas = 2;
  return ({ method, url, body }) => {
    if (/horizontalpodautoscalers|\/pods$|\/events$/.test(url.pathname)) return { json: { items: [] } };
    if (!url.pathname.endsWith('/deployments/payment-gateway'))
      return { status: 404, json: { kind: 'Status', status: 'Failure', code: 404, message: 'not found' } };
    const patched = method === 'PATCH' ? (JSON.parse(body) as { op: string; path: string; value: number }[]) : [];
    const wanted = patched.find(({ op, path }) => op === 'replace' && path === '/spec/replicas')?.value ?? replicas;
    if (url.searchParams.get('dryRun') !== 'All') replicas = wanted;
    return {
      json: {
        kind: 'Deployment',
        metadata: { name: 'payment-gateway', uid: 'uid-1', annotations: {}, resourceVersion: '7', generation: 1 },
        spec: { replicas: wanted, selector: { matchLabels: { app: 'payment-gateway' } } },
        status: { replicas: wanted, readyReplicas: wanted, updatedReplicas: wanted, observedGeneration: 1 },
      },
    };
  };
}

for (const module of executorModules)
  for (const { kind } of module.specs)
    for (const world of WORLDS[kind] ?? []) executorSuite({ module, kind, ...world });

describe('the executor contract', () => {
  it('is asked of every kind there is', () => {
    const kinds = executorModules.flatMap((module) => module.specs.map(({ kind }) => kind));

    expect(kinds.filter((kind) => WORLDS[kind] === undefined)).toEqual([]);
  });
});
