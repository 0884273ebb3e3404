import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, Settings } from '../config.js';
import type { Task } from '../domain/playbook/playbook.js';
import { checkPlaybooks, missingSettings, playbooksFolderFault } from './playbook-needs.js';

/** What is told of the settings that these tasks lack. */
function told(tasks: readonly Partial<Task>[], written: Record<string, unknown> = {}, mode?: 'off'): string[] {
  const playbook = {
    playbook_id: 'PB-X',
    ...(mode && { mode }),
    tasks: tasks.map((task, index) => ({ id: `t${index}`, type: 'wait', ...task })),
  };
  const lines = missingSettings([{ playbook, version: 'v1', file: 'x.yaml', source: '' }], Settings.parse(written));
  expect(lines.every((line) => !line.ok && !line.required && line.target === 'PB-X')).toBe(true);
  return lines.map((line) => line.message);
}

describe('settings that playbooks lack', () => {
  it.each<[Partial<Task>, string]>([
    [{ type: 'log_aggregation' }, 'executors.elasticsearch.url is not set: PB-X task t0 cannot run'],
    [{ type: 'Prometheus_Query' }, 'executors.prometheus.url is not set: PB-X task t0 cannot run'],
    [{ type: 'trace_analysis' }, 'executors.trace.url is not set: PB-X task t0 cannot run'],
    [{ type: 'database_check' }, 'executors.database.databases is not set: PB-X task t0 cannot run'],
    [
      { type: 'kubernetes_scale' },
      'executors.kubernetes.kubeconfig, in_cluster or server is not set: PB-X task t0 cannot run',
    ],
    [{ type: 'service_topology' }, 'executors.topology.url or services is not set: PB-X task t0 cannot run'],
    [{ type: 'api_call', action: 'GET /health' }, 'executors.api_call.base_url is not set: PB-X task t0 cannot run'],
    [
      { type: 'notification' },
      'notifiers.email (or slack, dingtalk, wecom, feishu, webhook) is not set: PB-X task t0 can tell nobody',
    ],
    [
      { type: 'notification', parameters: { channels: ['slack', '{{ vars.channel }}'] } },
      'notifiers.slack is not set: PB-X task t0 can tell nobody',
    ],
    [
      { on_failure: 'abort_with_notification' },
      'notifiers.email (or slack, dingtalk, wecom, feishu, webhook) is not set: PB-X task t0 can tell nobody',
    ],
    [
      { compensate: { type: 'api_call', action: 'POST /undo' } },
      'executors.api_call.base_url is not set: PB-X task t0 cannot run',
    ],
  ])('are told with the tasks that need them: %j', (task, message) => {
    expect(told([task])).toEqual([message]);
  });

  it('are none where everything is configured, and none for a playbook that is off', () => {
    const tasks: Partial<Task>[] = [
      { type: 'wait', on_success: 'send_notification' },
      { type: 'log_aggregation' },
      { type: 'api_call', action: 'GET /health' },
      { type: 'kubernetes_scale' },
      { type: 'service_topology' },
      { type: 'database_check', parameters: { database: 'orders' } },
      { type: 'notification', parameters: { channels: ['slack'] } },
    ];
    const executors = {
      elasticsearch: { url: 'http://es:9200' },
      api_call: { base_url: 'http://shop' },
      kubernetes: { in_cluster: true },
      topology: { services: { a: { downstream: ['b'] } } },
      database: { databases: { orders: { url: 'postgres://reader@db/orders' } } },
    };
    const notifiers = { slack: { url: 'https://hooks.slack.com/services/T/B/x' } };

    expect(told(tasks, { executors, notifiers })).toEqual([]);
    expect(told(tasks, {}, 'off')).toEqual([]);
    expect(told([{ type: 'api_call', action: 'GET https://example.com/health' }])).toEqual([]);
    expect(told([{ type: 'database_check', parameters: { database: 'stock' } }], { executors })).toEqual([
      'executors.database.databases.stock is not set: PB-X task t0 cannot run',
    ]);
  });

  it('are one line for many tasks, and a bounded number of lines', () => {
    const many = Array.from({ length: 12 }, (): Partial<Task> => ({ type: 'log_aggregation' }));
    expect(told(many)).toEqual([
      'executors.elasticsearch.url is not set: PB-X tasks t0, t1, t2, t3, t4 and 7 more cannot run',
    ]);
    const playbooks = Array.from({ length: 70 }, (_, index) => ({
      playbook: { playbook_id: `PB-${index}`, tasks: [{ id: 'logs', type: 'log_aggregation' }] },
      version: 'v1',
      file: 'x.yaml',
      source: '',
    }));
    const lines = missingSettings(playbooks, Settings.parse({}));
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)?.message).toBe('20 more settings that playbooks need are not set');
  });
});

describe('the playbooks folder', () => {
  let cwd = '';
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'fixpoint-folder-'));
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  const config = (env: Record<string, string> = {}) => loadConfig({ file: null, env, cwd });

  it('may be missing where nobody named it, and is told as it was resolved', async () => {
    const message = `playbooks_dir: there is no folder ${join(cwd, 'playbooks')} (the default)`;

    expect(await playbooksFolderFault(config())).toEqual({ message, refuses_start: false });
    expect(await checkPlaybooks(config())).toEqual([
      { name: 'playbooks_dir', target: join(cwd, 'playbooks'), ok: false, message, required: false },
    ]);
  });

  it('has to be there where somebody named it', async () => {
    expect(await playbooksFolderFault(config({ FIXPOINT_PLAYBOOKS_DIR: 'plabooks' }))).toEqual({
      message: `playbooks_dir: there is no folder ${join(cwd, 'plabooks')} (named by FIXPOINT_PLAYBOOKS_DIR)`,
      refuses_start: true,
    });
    writeFileSync(join(cwd, 'a-file'), '');
    writeFileSync(join(cwd, 'fixpoint.yaml'), 'playbooks_dir: a-file\n');
    expect(await playbooksFolderFault(config())).toEqual({
      message: `playbooks_dir: ${join(cwd, 'a-file')} is not a folder (set in ${join(cwd, 'fixpoint.yaml')})`,
      refuses_start: true,
    });
    expect(await checkPlaybooks(config())).toMatchObject([{ ok: false, required: true }]);
  });

  it('is told with what it holds, what is wrong in it, and what its playbooks lack', async () => {
    mkdirSync(join(cwd, 'playbooks'));
    const tasks = 'tasks: [{id: logs, type: log_aggregation, parameters: {service: a, time_window: 5m}}]\n';
    writeFileSync(join(cwd, 'playbooks', 'x.yaml'), `playbook_id: PB-X\n${tasks}`);
    expect(await playbooksFolderFault(config())).toBeNull();
    expect((await checkPlaybooks(config())).map((line) => [line.ok, line.message])).toEqual([
      [true, '1 playbook, 0 rules'],
      [false, 'executors.elasticsearch.url is not set: PB-X task logs cannot run'],
    ]);
    writeFileSync(join(cwd, 'playbooks', 'y.yaml'), 'playbook_id: 5\n');
    const [line] = await checkPlaybooks(config());
    expect(line).toMatchObject({ ok: false, required: false });
    expect(line?.message).toMatch(/^1 playbook, 0 rules; \d problems?, see: fixpoint check \//);
  });
});
