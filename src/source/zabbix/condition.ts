import { z } from 'zod';
import { instant } from '../../domain/clock.js';
import type { Clock } from '../../domain/clock.js';
import { labelOf } from '../../domain/alert/label.js';
import type { ConditionAnswer, Evidence } from '../../domain/run/proof.js';
import type { SourceConditions } from '../../domain/source.js';
import { ZabbixApi } from './api.js';
import type { ZabbixApiConfig } from './api.js';

const MAX_SHOWN_TEXT = 300;
const MAX_SHOWN_HOSTS = 5;

const Flag = z.enum(['0', '1']);
const Trigger = z.object({
  triggerid: z.string(),
  description: z.string(),
  /** 0: OK, 1: problem. */
  value: Flag,
  /** 1: Zabbix cannot evaluate it; `error` says why. */
  state: Flag,
  /** 1: disabled. */
  status: Flag,
  error: z.string().nullish(),
  lastchange: z.string().regex(/^\d{1,12}$/),
  hosts: z.array(
    z.object({
      host: z.string(),
      /** 1: not monitored. */
      status: z.string(),
      /** 1: in a maintenance; of type 1 no data are collected in it. */
      maintenance_status: z.string(),
      maintenance_type: z.string(),
    }),
  ),
  /** 1: disabled. */
  items: z.array(z.object({ name: z.string(), status: z.string() })),
});
type Trigger = z.infer<typeof Trigger>;

/** Asks Zabbix for the trigger that raised an alert. What it cannot evaluate any more keeps its last value there, and proves nothing. */
export function openZabbixConditions(config: ZabbixApiConfig, clock: Clock): SourceConditions {
  const api = new ZabbixApi(config, clock);
  return {
    asker(alert) {
      const trigger_id = labelOf(alert.labels, 'trigger_id');
      if (alert.source_system !== 'zabbix' || !/^\d{1,20}$/.test(trigger_id)) return null;
      return (signal) => ask(api, trigger_id, signal);
    },
    check: async (signal) => [await api.check(signal)],
    stop: () => api.stop(),
  };
}

async function ask(api: ZabbixApi, trigger_id: string, signal: AbortSignal): Promise<ConditionAnswer> {
  const called = await api.call('trigger.get', questionOf(trigger_id), signal);
  if (called.type === 'failed') return { type: 'unavailable', reason: called.reason };
  const found = z.array(Trigger).max(1).safeParse(called.value);
  const asked = { url: api.target, method: 'trigger.get', trigger_id };
  if (!found.success) {
    const place = found.error.issues[0]?.path.map(String).join('.') ?? '';
    return { type: 'unavailable', reason: `Zabbix at ${api.target} answered something that is no trigger (${place})` };
  }
  const [trigger] = found.data;
  if (trigger === undefined) {
    const reason = `Zabbix knows no trigger ${trigger_id}, or the token's user may not see it`;
    return { type: 'no_data', reason, evidence: asked };
  }
  const evidence = { ...asked, ...shown(trigger) };
  const doubt = doubtOf(trigger);
  if (doubt !== null) return { type: 'no_data', reason: doubt, evidence };
  return { type: trigger.value === '1' ? 'holds' : 'over', evidence };
}

function questionOf(trigger_id: string): unknown {
  return {
    triggerids: [trigger_id],
    output: ['triggerid', 'description', 'value', 'state', 'status', 'error', 'lastchange'],
    selectHosts: ['host', 'status', 'maintenance_status', 'maintenance_type'],
    selectItems: ['name', 'status'],
    expandDescription: true,
  };
}

/** Why the trigger's value says nothing about now; null when it does. */
function doubtOf({ status, state, error, hosts, items }: Trigger): string | null {
  if (status === '1') return 'the trigger is disabled: its value stays as it was';
  if (state === '1') return `Zabbix cannot evaluate the trigger: ${cut(error ?? '') || 'its state is unknown'}`;
  for (const { host, status: monitored, maintenance_status, maintenance_type } of hosts) {
    if (monitored !== '0') return `the host ${cut(host)} is not monitored: the trigger's value stays as it was`;
    if (maintenance_status === '1' && maintenance_type === '1')
      return `the host ${cut(host)} is in a maintenance without data collection: the trigger's value stays as it was`;
  }
  const disabled = items.find((item) => item.status !== '0');
  if (disabled === undefined) return null;
  return `the item ${cut(disabled.name)} of the trigger is disabled: the trigger's value stays as it was`;
}

function shown({ description, value, lastchange, hosts }: Trigger): Evidence {
  return {
    trigger: cut(description),
    value: value === '1' ? 'PROBLEM' : 'OK',
    changed_at: lastchange === '0' ? null : instant(Math.min(Number(lastchange), 8.64e12) * 1_000),
    hosts: hosts.slice(0, MAX_SHOWN_HOSTS).map(({ host }) => cut(host)),
  };
}

function cut(text: string): string {
  return text.length > MAX_SHOWN_TEXT ? `${text.slice(0, MAX_SHOWN_TEXT)}…` : text;
}
