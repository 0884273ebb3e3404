import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredAlert } from '../../src/domain/decision/alert-view.js';
import { alertmanagerBody } from '../helper/alertmanager-body.js';
import { aHome, FixpointProcess, TOKEN } from '../helper/fixpoint-process.js';
import type { Home } from '../helper/fixpoint-process.js';
import { until } from '../helper/until.js';

const ALERTS = 10_000;
const GROUPS = 200;
const PER_BODY = 10;
const AT_ONCE = 16;
const SERVICES = 40;
/** Every fifth service stands in front of the four after it: what fails together is one incident. */
const A_SYSTEM = 5;
const SYSTEMS = SERVICES / A_SYSTEM;

function topology(): string {
  const fronts = Array.from({ length: SYSTEMS }, (_, system) => {
    const behind = Array.from({ length: A_SYSTEM - 1 }, (_each, n) => `service-${system * A_SYSTEM + n + 1}`);
    return [`service-${system * A_SYSTEM}`, { downstream: behind }];
  });
  return JSON.stringify(Object.fromEntries(fronts));
}

const FILES = {
  'rules.yaml': `
rules:
  - {rule_id: ACT, alert_name: Broken, playbook_id: PB-Act}
`,
  'act.yaml': `
playbook_id: PB-Act
mode: auto
tasks:
  - {id: look, type: api_call, action: GET /look}
  - {id: act, type: api_call, action: POST /act, depends_on: [look]}
`,
};

interface Body {
  readonly group: number;
  readonly first: number;
}

/** Every group sends its alerts in several bodies, and all groups send at the same time. */
function bodies(): Body[] {
  const perGroup = ALERTS / GROUPS;
  return Array.from({ length: ALERTS / PER_BODY }, (_, n) => ({
    group: n % GROUPS,
    first: Math.floor(n / GROUPS) * PER_BODY,
  })).filter(({ first }) => first < perGroup);
}

describe(`a storm of ${ALERTS} alerts of ${GROUPS} groups`, { timeout: 240_000 }, () => {
  const messages: { subject: string }[] = [];
  const written: string[] = [];
  const world = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.url === '/told') messages.push(JSON.parse(Buffer.concat(parts).toString()) as { subject: string });
      else if (request.method === 'POST') written.push(request.url ?? '');
      response.end('{}');
    });
  });
  let home: Home;
  let fixpoint: FixpointProcess;

  beforeAll(async () => {
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(world.address() as AddressInfo).port}`;
    home = aHome(
      FILES,
      `
executors: {api_call: {base_url: "${url}"}, topology: {services: ${topology()}}}
notifiers: {webhook: {url: "${url}/told"}}
storm: {starts_per_minute: 30, notify_only_at: 2, calm: 5m}
`,
    );
    fixpoint = await FixpointProcess.start(home);
  }, 120_000);
  afterAll(async () => {
    await fixpoint.stop();
    world.close();
    world.closeAllConnections();
    home.remove();
  });

  async function call(path: string, body?: unknown): Promise<Response> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const answer = await fetch(fixpoint.url + path, { ...init, headers });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async function send({ group, first }: Body): Promise<number> {
    const service = `service-${group % SERVICES}`;
    const alerts = Array.from({ length: PER_BODY }, (_, n) => ({
      labels: { alertname: 'Broken', service, group: `g${group}`, pod: `p${first + n}` },
    }));
    const answer = await call('/api/v1/webhooks/alertmanager', alertmanagerBody(alerts, `{group="g${group}"}`));
    return ((await answer.json()) as { accepted: number }).accepted;
  }

  async function everyAlert(): Promise<StoredAlert[]> {
    const all: StoredAlert[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = (await (await call(`/api/v1/alerts?limit=200${after}`)).json()) as {
        items: StoredAlert[];
        next_cursor: string | null;
      };
      all.push(...page.items);
      cursor = page.next_cursor;
    }
    return all;
  }

  it('is accepted and decided, with few messages and an incident for each system, and writes only what people have approved', async () => {
    const waiting = bodies();
    const took: number[] = [];
    let accepted = 0;
    const began = performance.now();
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
          const sent = performance.now();
          const taken = await send(body);
          accepted += taken;
          took.push(performance.now() - sent);
        }
      }),
    );
    const seconds = (performance.now() - began) / 1_000;
    expect(accepted).toBe(ALERTS);
    await until('all decisions', async () => {
      const stats = (await (await call('/api/v1/stats')).json()) as { undecided: number };
      return stats.undecided === 0;
    });

    const alerts = await everyAlert();
    expect(alerts).toHaveLength(ALERTS);
    const counts = new Map<string, number>();
    for (const { decision } of alerts) {
      const key = decision?.reason ?? decision?.action ?? 'undecided';
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Twice the limit starts, and what comes on top while counts cross a minute; nothing is lost.
    expect([...counts.keys()].sort()).toEqual(['join', 'run', 'storm']);
    expect(counts.get('run')).toBeGreaterThanOrEqual(30);
    expect(counts.get('run')).toBeLessThan(GROUPS);
    const asked = await until('the runs that need no approval', async () => {
      const { items } = (await (await call('/api/v1/approvals?state=pending&limit=200')).json()) as {
        items: unknown[];
      };
      return items.length === (counts.get('run') ?? 0) - 30 && items;
    });
    await until('their messages', () => messages.length >= 30 + asked.length, 60_000);
    expect(written).toHaveLength(30);
    expect(messages.length).toBeLessThanOrEqual(ALERTS * 0.02);
    // One for each level; it may go up in two steps.
    const storms = messages.filter(({ subject }) => subject.startsWith('Alert storm'));
    expect(storms.at(-1)?.subject).toBe('Alert storm: no new runs start');
    expect(storms.length).toBeLessThanOrEqual(2);

    const incidents = await until(
      'one incident for each system',
      async () => {
        const { items } = (await (await call('/api/v1/incidents?open=true&limit=200')).json()) as {
          items: { service_names: string[]; alert_count: number }[];
        };
        const members = items.reduce((sum, { alert_count }) => sum + alert_count, 0);
        return items.length === SYSTEMS && members === ALERTS && items;
      },
      60_000,
    );
    expect(incidents.map(({ service_names }) => service_names.length)).toEqual(Array<number>(SYSTEMS).fill(A_SYSTEM));
    expect(incidents.map(({ alert_count }) => alert_count)).toEqual(Array<number>(SYSTEMS).fill(ALERTS / SYSTEMS));

    const latency = alerts
      .map(({ received_at, decision }) => Date.parse(decision?.decided_at ?? '') - Date.parse(received_at))
      .sort((a, b) => a - b);
    const metrics = await (await call('/metrics')).text();
    const memory = Number(/^fixpoint_process_resident_memory_bytes (\S+)/m.exec(metrics)?.[1] ?? 0);
    took.sort((a, b) => a - b);
    console.log(
      [
        `${ALERTS} alerts of ${GROUPS} groups in ${seconds.toFixed(1)} s:`,
        `answer p50 ${at(took, 0.5)} ms, p99 ${at(took, 0.99)} ms;`,
        `decision p50 ${at(latency, 0.5)} ms, p99 ${at(latency, 0.99)} ms;`,
        `${[...counts].map(([key, count]) => `${count} ${key}`).join(', ')}; ${incidents.length} incidents; ${messages.length} messages;`,
        `memory ${Math.round(memory / 1024 / 1024)} MB`,
      ].join(' '),
    );
  });
});

function at(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
}
