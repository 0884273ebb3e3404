import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import type { CatalogContent } from '../domain/catalog.js';
import { compileTemplate, evaluateCondition, renderDeep, renderTemplate } from '../domain/expression/expression.js';
import { compileRules } from '../domain/rule/rule-match.js';
import { executorSpecs } from '../executor/registry.js';
import { checkFiles } from './check.js';

const FOLDER = join(import.meta.dirname, '../../playbooks');

let content: CatalogContent;
beforeAll(async () => {
  content = await checkFiles([FOLDER], executorSpecs);
});

/** What the expressions of a step see once the steps before it have ended. */
function scope(
  steps: Record<string, { state: string; output: unknown; output_variable?: string }>,
): Record<string, unknown> {
  const outputs = Object.values(steps).filter(
    (step) => step.output_variable !== undefined && step.state === 'succeeded',
  );
  return {
    alert: anAlert(),
    steps: Object.fromEntries(Object.entries(steps).map(([id, { state, output }]) => [id, { state, output }])),
    vars: { still_hot: 80 },
    ...Object.fromEntries(outputs.map((step) => [step.output_variable, step.output])),
  };
}

/** The message of a playbook's last task, rendered. */
function lastMessage(playbook_id: string, values: Record<string, unknown>): string {
  const task = content.playbooks.get(playbook_id)?.playbook.tasks.at(-1);
  const rendered = renderDeep(task?.parameters, values) as { message: string };
  return rendered.message;
}

describe('the playbooks that ship', () => {
  it('have no problem, and name no mode, so that nothing acts unless the configuration says so', () => {
    expect(content.problems).toEqual([]);
    expect([...content.playbooks.keys()].sort()).toEqual([
      'PB-CPU-Scale-Order',
      'PB-DB-Check-Inventory',
      'PB-Disk-Cleanup',
      'PB-Payment-Troubleshoot',
    ]);
    for (const { playbook } of content.playbooks.values()) expect(playbook.mode).toBeUndefined();
  });

  it('are started by the four rules, each by the alert that it was written for', () => {
    const rules = compileRules(content.rules);
    const started = (over: Parameters<typeof anAlert>[0]): string[] =>
      rules.match(anAlert(over)).map((rule) => rule.playbook_id);
    expect(started({})).toEqual(['PB-Payment-Troubleshoot']);
    expect(started({ metric_value: 499 })).toEqual([]);
    expect(
      started({ alert_name: 'High_CPU_Usage', service_name: 'order-service', metric_value: 95, metric_unit: '%' }),
    ).toEqual(['PB-CPU-Scale-Order']);
    expect(
      started({ alert_name: 'Disk_Full', service_name: null, severity: 'warning', metric_value: 91, metric_unit: '%' }),
    ).toEqual(['PB-Disk-Cleanup']);
    expect(
      started({
        alert_name: 'DB_Connection_Error',
        service_name: 'inventory-service',
        metric_value: 9,
        metric_unit: null,
      }),
    ).toEqual(['PB-DB-Check-Inventory']);
  });

  it('keep to the words that PB-Payment-Troubleshoot was first written in', () => {
    const playbook = content.playbooks.get('PB-Payment-Troubleshoot')?.playbook;
    expect(playbook?.name).toBe('支付网关高延迟故障排查');
    expect(playbook?.tasks.map((task) => [task.id, task.type, task.output_variable, task.on_failure])).toEqual([
      ['check_payment_service_status', 'API_Call', 'payment_status', 'abort_with_notification'],
      ['analyze_payment_service_logs', 'Log_Aggregation', 'payment_logs_summary', 'continue_with_notification'],
      ['check_downstream_dependencies', 'API_Call', 'downstream_status', 'continue_with_notification'],
      ['temporary_scale_payment_gateway', 'Kubernetes_Scale', undefined, 'send_notification_and_escalate'],
      ['send_final_report', 'Notification', undefined, undefined],
    ]);
    expect(playbook?.tasks[3]).toMatchObject({
      conditions: ['{{ payment_status.is_healthy }}', '{{ payment_logs_summary.error_rate < 0.1 }}'],
      parameters: { service: 'payment-gateway', replicas_increase: 1, max_replicas: 5 },
      on_success: 'send_notification',
    });
  });
});

describe('the report of PB-Payment-Troubleshoot', () => {
  const status = { state: 'succeeded', output: { is_healthy: true }, output_variable: 'payment_status' };
  const logs = (output: unknown, state = 'succeeded') => ({ state, output, output_variable: 'payment_logs_summary' });
  const scaled = { state: 'succeeded', output: { replicas_before: 2, replicas_after: 3 } };

  it('tells what was found and done', () => {
    const message = lastMessage(
      'PB-Payment-Troubleshoot',
      scope({
        check_payment_service_status: status,
        analyze_payment_service_logs: logs({ error_rate: 0.03, total_logs: 312, error_count: 9 }),
        temporary_scale_payment_gateway: scaled,
      }),
    );
    expect(message).toBe(
      '支付网关故障处理报告: p99 latency is 1240 ms\n服务健康: 是\n日志: 312 行, 其中错误 9 行\n临时扩容: 2 → 3 个副本\n',
    );
  });

  it.each([
    ['there were no logs', logs({ error_rate: null, total_logs: 0, error_count: 0 }), '没有数据'],
    ['the logs could not be read', logs(null, 'failed'), '未能读取'],
  ])('is sent all the same when %s, and nothing was scaled then', (_what, step, told) => {
    const values = scope({
      check_payment_service_status: { ...status, output: {} },
      analyze_payment_service_logs: step,
      temporary_scale_payment_gateway: { state: 'skipped', output: null },
    });
    expect(evaluateCondition('{{ payment_logs_summary.error_rate < 0.1 }}', values).holds).toBe(false);
    const message = lastMessage('PB-Payment-Troubleshoot', values);
    expect(message).toContain(told);
    expect(message).toContain('服务健康: 没有数据');
    expect(message).toContain('未执行');
  });
});

describe('the other reports', () => {
  it('are sent whatever was found, and whatever could not be', () => {
    const found = (state: string, output_variable: string, output: unknown) => ({ state, output, output_variable });
    const cpu = (value: number | null, state = 'skipped', output: unknown = null) =>
      scope({
        check_order_cpu: found('succeeded', 'order_cpu', { value }),
        scale_order_service: found(state, 'order_scaled', output),
      });
    expect(
      lastMessage('PB-CPU-Scale-Order', cpu(93, 'succeeded', { replicas_before: 1, replicas_after: 2 })),
    ).toContain('1 → 2');
    expect(lastMessage('PB-CPU-Scale-Order', cpu(null))).toContain('no data');
    const disk = (state: string, output: unknown) =>
      scope({
        check_disk_usage: found(state, 'disk_usage', output),
        check_disk_growth: found(state, 'disk_growth', output),
      });
    expect(lastMessage('PB-Disk-Cleanup', disk('succeeded', { value: 91.7 }))).toContain('91 % used');
    expect(lastMessage('PB-Disk-Cleanup', disk('succeeded', { value: null }))).toContain('no data');
    expect(lastMessage('PB-Disk-Cleanup', disk('failed', null))).toContain('no data');
    const db = (state: string, database: unknown, logs: unknown) =>
      scope({
        check_inventory_database: found(state, 'inventory_database', database),
        analyze_inventory_logs: found(state, 'inventory_logs', logs),
      });
    expect(
      lastMessage(
        'PB-DB-Check-Inventory',
        db('succeeded', { is_healthy: false, reason: 'full' }, { error_rate: 0.5, error_count: 1, total_logs: 2 }),
      ),
    ).toContain('Database: full\nLogs: 1 errors in 2 lines');
    expect(lastMessage('PB-DB-Check-Inventory', db('failed', null, null))).toContain('could not be checked');
  });

  it('ask about the host of the alert, quoted for the place where it stands', () => {
    const query = String(content.playbooks.get('PB-Disk-Cleanup')?.playbook.tasks[0]?.parameters?.query);
    const rendered = renderTemplate(compileTemplate(query), { alert: anAlert({ host_ip: '10.0.0.7' }) }, 'promql');
    expect(rendered).toContain('instance=~"10\\\\.0\\\\.0\\\\.7(:[0-9]+)?"');
  });
});
