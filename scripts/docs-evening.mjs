// An evening in the demo's shop with something under way, for the pictures of the pages: playbooks besides those that are shipped, and the alerts
// that start them.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 20_000;

const PLAYBOOKS = {
  'pb-inventory-queue.yaml': `playbook_id: PB-Inventory-Queue
name: Grow inventory-service
description: Its queue grows faster than it is worked off; one more replica, after a yes.
mode: approve
trigger_conditions: [{alert_name: Queue_Depth_High, service_name: inventory-service}]
tasks:
  - {id: look, name: Look at its logs, type: log_aggregation, parameters: {service: inventory-service, time_window: 10m}}
  - {id: grow, name: Add a replica, type: kubernetes_scale, depends_on: [look], parameters: {service: inventory-service, replicas_increase: 1, max_replicas: 5}}
  - {id: tell, name: Tell people, type: notification, depends_on: [grow], parameters: {message: inventory-service has grown}}
`,
  'pb-order-watch.yaml': `playbook_id: PB-Order-Watch
name: Watch order-service
description: Looks at its errors, waits, and looks again.
trigger_conditions: [{alert_name: Error_Rate_High, service_name: order-service}]
tasks:
  - {id: first, name: Count its errors, type: log_aggregation, parameters: {service: order-service, time_window: 10m}}
  - {id: calls, name: See what it calls, type: service_topology, parameters: {service: order-service}}
  - {id: rest, name: Give it a quarter of an hour, type: wait, depends_on: [first, calls], parameters: {duration: 15m}, timeout: 20m}
  - {id: again, name: Count them again, type: log_aggregation, depends_on: [rest], parameters: {service: order-service, time_window: 10m}}
`,
};

const ALERTS = [
  ['Queue_Depth_High', 'inventory-service', 'critical', '4,812 reservations wait, 300 is usual'],
  ['Error_Rate_High', 'order-service', 'warning', '3.1 % of the orders fail'],
  ['Certificate_Expires', 'shop-frontend', 'info', 'the certificate of shop.example.com ends in 12 days'],
  ['Batch_Late', 'nightly-batch', 'warning', 'the nightly batch is 40 minutes late'],
];

/** A folder with the shipped playbooks and these; `remove` takes it away. */
export function eveningPlaybooks(shipped) {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-pictures-'));
  cpSync(shipped, folder, { recursive: true });
  for (const [name, text] of Object.entries(PLAYBOOKS)) writeFileSync(join(folder, name), text);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Sends the alerts, and resolves once a run waits for a yes and another for its time. */
export async function beginEvening({ url, token }) {
  const ask = async (path, body) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const hours = (count) => new Date(Date.now() + count * 3_600_000).toISOString();
  await ask('/silences', {
    matchers: ['alertname="Batch_Late"'],
    ...{ starts_at: hours(0), ends_at: hours(2), comment: 'the batch was begun late by hand' },
  });
  for (const [alert_name, service_name, severity, description] of ALERTS)
    await ask('/webhooks/generic', { alert_name, service_name, severity, description, status: 'firing' });
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(200)) {
    const { items } = await ask('/runs?progress=true&limit=20');
    const isAsked = items.some(({ state }) => state === 'waiting');
    const rests = items.some(({ progress }) => progress?.now.some(({ step_id }) => step_id === 'rest'));
    if (isAsked && rests) return;
  }
  throw new Error(`nothing was under way after ${LIMIT_MS / 1_000} s`);
}
