import { alertmanagerBody } from '../helper/alertmanager-body.js';
import type { Random } from './random.js';

/** What is known not to have begun is tried again. */
const AGAIN = 'retry: { max_attempts: 10, initial_delay: 300ms, max_delay: 2s }';
const SAYS = 'run: "{{ run.run_id }}", service: "{{ alert.service_name }}"';

/** The playbooks of a storm: reads, waits, writes of every kind, and a list. What a step writes says whose step it is. */
export const PLAYBOOKS: Readonly<Record<string, string>> = {
  'change.yaml': `
playbook_id: PB-Change
trigger_conditions:
  - alert_name: To_Change
tasks:
  - id: look
    type: api_call
    action: GET /look
    output_variable: seen
  - id: settle
    type: wait
    depends_on: [look]
    parameters: { duration: 2s }
  - id: change
    type: api_call
    depends_on: [settle]
    conditions: ["{{ seen.healthy }}"]
    ${AGAIN}
    action: POST /change
    parameters: { ${SAYS}, step: change }
  - id: after
    type: api_call
    depends_on: [change]
    action: GET /look
`,
  'each.yaml': `
playbook_id: PB-Each
trigger_conditions:
  - alert_name: To_Change_Each
tasks:
  - id: list
    type: api_call
    action: GET /look
    output_variable: found
  - id: each
    type: api_call
    depends_on: [list]
    foreach: "{{ found.items }}"
    max_parallel: 2
    ${AGAIN}
    action: POST /each
    parameters: { ${SAYS}, step: each, item: "{{ item }}" }
  - id: pause
    type: wait
    depends_on: [each]
    parameters: { duration: 1s }
  - id: close
    type: api_call
    depends_on: [pause]
    in_doubt: retry
    ${AGAIN}
    action: POST /close
    parameters: { ${SAYS}, step: close }
`,
  'again.yaml': `
playbook_id: PB-Again
trigger_conditions:
  - alert_name: To_Repeat
tasks:
  - id: look
    type: api_call
    action: GET /look
  - id: again
    type: api_call
    depends_on: [look]
    idempotent: true
    ${AGAIN}
    action: PUT /again
    parameters: { ${SAYS}, step: again }
`,
  'both.yaml': `
playbook_id: PB-Both
tasks:
  - id: look
    type: api_call
    action: GET /look
  - id: both
    type: api_call
    depends_on: [look]
    ${AGAIN}
    action: POST /both
    parameters: { ${SAYS}, step: both }
`,
  'reads.yaml': `
playbook_id: PB-Reads
tasks:
  - id: one
    type: api_call
    action: GET /look
  - id: two
    type: api_call
    action: GET /look
  - id: wait
    type: wait
    depends_on: [one, two]
    parameters: { duration: 3s }
  - id: three
    type: api_call
    depends_on: [wait]
    action: GET /look
`,
  'rules.yaml': `
rules:
  - { rule_id: R1, alert_name: To_Both, playbook_id: PB-Both, priority: 20, continue: true }
  - { rule_id: R2, alert_name: To_Both, playbook_id: PB-Reads, priority: 10 }
  - { rule_id: R3, alert_name: To_Read, playbook_id: PB-Reads, priority: 10 }
`,
};

/** Which playbooks an alert's name starts. */
export const STARTS: Readonly<Record<string, readonly string[]>> = {
  To_Change: ['PB-Change'],
  To_Change_Each: ['PB-Each'],
  To_Repeat: ['PB-Again'],
  To_Both: ['PB-Both', 'PB-Reads'],
  To_Read: ['PB-Reads'],
  Nobody_Knows: [],
};

const NAMES = [
  ...Array<string>(6).fill('To_Change'),
  ...Array<string>(3).fill('To_Change_Each'),
  ...Array<string>(3).fill('To_Repeat'),
  ...Array<string>(2).fill('To_Both'),
  ...Array<string>(4).fill('To_Read'),
  ...Array<string>(2).fill('Nobody_Knows'),
];

/** One alert of a body: what it is called and about which service. `twin` tells two alerts of one service in a group apart. */
export interface Condition {
  readonly alertname: string;
  readonly service: string;
  readonly twin: number;
}

/** One notification of an Alertmanager. */
export interface Delivery {
  readonly group: string;
  readonly conditions: readonly Condition[];
  /** How many Alertmanagers send it at the same time. */
  readonly senders: number;
  /** It is sent once more when its conditions are over. */
  readonly resolves: boolean;
}

/** What is sent in a storm: at least this many alerts that differ. */
export function planDeliveries(random: Random, least: number): Delivery[] {
  const deliveries: Delivery[] = [];
  for (let count = 0; count < least;) {
    const alertname = random.pick(NAMES);
    const group = `{}:{group="g-${deliveries.length}"}`;
    const isPair = random.chance(0.08);
    const services = isPair ? 1 : random.pick([1, 1, 1, 2, 3, 4]);
    const conditions = Array.from({ length: isPair ? 2 : services }, (_, index) => ({
      alertname,
      service: `s-${deliveries.length}-${isPair ? 0 : index}`,
      twin: isPair ? index : 0,
    }));
    deliveries.push({ group, conditions, senders: random.chance(0.25) ? 3 : 1, resolves: random.chance(0.1) });
    count += conditions.length;
  }
  return deliveries;
}

/** The body of the webhook, always the same for the same delivery. */
export function bodyOf({ group, conditions }: Delivery, status: 'firing' | 'resolved'): string {
  const endsAt = status === 'resolved' ? { endsAt: '2026-11-21T10:05:00Z' } : {};
  const alerts = conditions.map(({ alertname, service, twin }) => ({
    labels: { alertname, service, severity: 'critical', twin: String(twin) },
    status,
    ...endsAt,
  }));
  return JSON.stringify(alertmanagerBody(alerts, group));
}
