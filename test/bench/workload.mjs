// What the benchmarks feed: webhook bodies as Alertmanager sends them, playbooks, and 10,000 rules. Everything is made from numbers, so
// that two sessions feed the same.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stands in a body's template for the eight hexadecimal digits of its number. */
const NUMBER = '@number@';
const P6_PLAYBOOKS = 11;
const TEAMS = 50;
const CLUSTERS = 20;

/** A body whose alerts differ from every other number's, made by joining texts: building it costs the sender next to nothing. */
export function createBody(template) {
  const parts = JSON.stringify(template).split(NUMBER);
  return (number) => Buffer.from(parts.join(hex8(number)));
}

function hex8(number) {
  return number.toString(16).padStart(8, '0');
}

/** Alerts of one name, each of its own service: each starts a run of its own. */
export function bodyOfRuns(alertname, count) {
  return envelope(
    alertname,
    Array.from({ length: count }, (_, index) => anAlert(alertname, index, `${NUMBER}-${index}`)),
  );
}

/** Two alerts of one service: the second joins the run that the first starts. */
export function bodyOfPair(alertname) {
  return envelope(alertname, [anAlert(alertname, 0, NUMBER), anAlert(alertname, 1, NUMBER)]);
}

/** Twenty alerts of one service over eleven playbooks: eleven runs, the other nine alerts join. */
export function bodyOfStorm() {
  const alerts = Array.from({ length: 20 }, (_, index) =>
    anAlert(`Bench_Storm_${index % P6_PLAYBOOKS}`, index, NUMBER),
  );
  return envelope('Bench_Storm', alerts);
}

/** How many runs one such body starts. */
export const RUNS_OF_STORM = P6_PLAYBOOKS;

function envelope(alertname, alerts) {
  return {
    receiver: 'fixpoint',
    status: 'firing',
    alerts,
    groupLabels: { alertname },
    commonLabels: { severity: 'critical', env: 'prod' },
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.test:9093',
    version: '4',
    groupKey: `{}/{env="prod"}:{alertname="${alertname}", batch="${NUMBER}"}`,
    truncatedAlerts: 0,
  };
}

/** About 850 bytes, eleven labels, as in the workload that the goals are stated for. */
function anAlert(alertname, index, service) {
  return {
    status: 'firing',
    labels: {
      alertname,
      severity: 'critical',
      service: `shop-${service}`,
      instance: `10.20.${index}.17:9100`,
      env: 'prod',
      cluster: 'cluster-west-3',
      namespace: 'storefront',
      pod: `storefront-${index}-7c9f8b6d4-x2x${index}`,
      team: 'payments',
      region: 'eu-west-3',
      replica: `prometheus-${index % 2}`,
    },
    annotations: {
      summary: `p99 latency of shop-${index} is above its limit`,
      description: 'The 99th percentile of the request latency has been above 500 ms for more than five minutes.',
      value: '1240 ms',
      runbook_url: 'https://runbooks.example.test/service-latency',
    },
    startsAt: '2026-11-21T09:50:51.903Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL:
      'http://prometheus.example.test:9090/graph?g0.expr=histogram_quantile%280.99%2C+latency%29+%3E+0.5&g0.tab=1',
    fingerprint: `${NUMBER}${hex8(index)}`,
  };
}

/** Names of alerts that start the playbooks below. */
export const ALERTS = { sequential: 'Bench_Sequential', diamond: 'Bench_Diamond' };

/** The playbooks that they start. */
export const PLAYBOOKS = { sequential: 'PB-Bench-Sequential', diamond: 'PB-Bench-Diamond' };

/** Steps of one run, by playbook. */
export const STEPS = { sequential: 3, diamond: 10 };

/** Writes a playbooks folder: the DAGs that are measured, and 10,000 rules, of which those that start them are the last to be asked. */
export function writePlaybooks(folder) {
  mkdirSync(folder, { recursive: true });
  const playbooks = [sequential(), diamond(), parked('PB-Bench-Other')];
  for (let index = 0; index < P6_PLAYBOOKS; index++) playbooks.push(parked(`PB-Bench-Storm-${index}`));
  for (const playbook of playbooks)
    writeFileSync(join(folder, `${playbook.playbook_id}.yaml`), JSON.stringify(playbook));
  const rules = createRules(10_000 - 2 - P6_PLAYBOOKS, 'PB-Bench-Other');
  rules.push(
    { rule_id: 'B-sequential', alert_name: ALERTS.sequential, playbook_id: PLAYBOOKS.sequential },
    { rule_id: 'B-diamond', alert_name: ALERTS.diamond, playbook_id: PLAYBOOKS.diamond },
  );
  for (let index = 0; index < P6_PLAYBOOKS; index++)
    rules.push({
      rule_id: `B-storm-${index}`,
      alert_name: `Bench_Storm_${index}`,
      playbook_id: `PB-Bench-Storm-${index}`,
    });
  writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ rules }));
}

function task(id, place, depends_on) {
  return { id, type: 'noop', parameters: { place }, ...(depends_on ? { depends_on } : {}) };
}

function playbook(playbook_id, tasks) {
  return { playbook_id, name: playbook_id, mode: 'auto', tasks };
}

function sequential() {
  return playbook(PLAYBOOKS.sequential, [
    task('look', 'first'),
    task('decide', 'middle', ['look']),
    task('tell', 'last', ['decide']),
  ]);
}

/** One step, eight side by side, one that waits for them. */
function diamond() {
  const branches = Array.from({ length: 8 }, (_, index) => `branch_${index}`);
  return playbook(PLAYBOOKS.diamond, [
    task('look', 'first'),
    ...branches.map((id) => task(id, 'middle', ['look'])),
    task('tell', 'last', branches),
  ]);
}

/** A run that begins and stays at its first step: what is measured is how runs come to be. */
function parked(playbook_id) {
  return playbook(playbook_id, [task('stay', 'park')]);
}

/** 70 % ask for two or three labels, 20 % hold a regular expression (half of them nothing else), 10 % compare the metric's value. */
export function createRules(count, playbook_id) {
  return Array.from({ length: count }, (_, index) => ({
    rule_id: `R${index}`,
    playbook_id,
    ...ruleMatch(index),
  }));
}

/** Twenty rules a service, whatever their number: a larger installation has more services, not more rules for each. */
function ruleMatch(index) {
  const kind = index % 10;
  const spread = Math.floor(index / 10);
  const service_name = serviceOf(index);
  const team = `team="team-${spread % TEAMS}"`;
  if (kind < 4) return { service_name, matchers: [team, `slot="${kind}"`] };
  if (kind < 7)
    return { alert_name: `Alert_${kind}`, service_name, matchers: [`cluster="cluster-${spread % CLUSTERS}"`] };
  if (kind === 7) return { service_name, matchers: [`instance=~"10\\\\.${spread % 200}\\\\..*"`] };
  if (kind === 8) return { matchers: [`pod=~"special-${spread}-[0-9]+"`] };
  return { service_name, condition: `metric_value > ${1_000 + (spread % 100)}` };
}

function serviceOf(index) {
  return `service-${Math.floor(index / 20)}`;
}

/** How many different alerts are matched. */
export const MATCHED_ALERTS = 5_000;

/** Alerts to match, drawn over the same labels that the rules ask for; about half of them find a rule. */
export function createMatchAlerts(count, ruleCount) {
  let state = 42;
  const draw = (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % limit;
  };
  return Array.from({ length: count }, (_, index) => matchAlert(index, draw, ruleCount));
}

function matchAlert(index, draw, ruleCount) {
  const rule = draw(ruleCount);
  const spread = Math.floor(rule / 10);
  const hit = index % 2 === 0;
  const labels = {
    alertname: `Alert_${rule % 10}`,
    severity: 'critical',
    service: serviceOf(rule),
    instance: `10.${hit ? spread % 200 : 250}.${draw(16)}.9:9100`,
    env: 'prod',
    cluster: `cluster-${hit ? spread % CLUSTERS : 99}`,
    team: `team-${hit ? spread % TEAMS : 99}`,
    slot: String(rule % 10),
    pod: `storefront-${draw(64)}`,
    region: 'eu-west-3',
    namespace: 'storefront',
  };
  const at = '2026-11-21T09:50:51.903Z';
  return {
    alert_id: String(index),
    source_system: 'alertmanager',
    alert_name: labels.alertname,
    severity: 'critical',
    status: 'firing',
    service_name: labels.service,
    host_ip: null,
    metric_value: hit && rule % 10 === 9 ? 2_000 : 10,
    timestamp: at,
    labels,
    description: '',
    fingerprint: String(index),
    metric_unit: null,
    ends_at: null,
    received_at: at,
    annotations: {},
    links: {},
    group_key: '',
    occurrence_id: String(index),
  };
}
