// P7: what it costs to find an alert's rules. Runs in a process of its own, because it is nothing but computing.
import { compileRules } from '../../dist/domain/rule/rule-match.js';
import { MATCHED_ALERTS, createMatchAlerts, createRules } from './workload.mjs';

const PLAYBOOK = 'PB-Bench-Other';

/** The comparison: a Map from a service to its rules, and a look at each rule's other labels. It knows equality alone. */
function createHashIndex(rules) {
  const byService = new Map();
  for (const { service_name, alert_name, matchers = [] } of rules) {
    if (service_name === undefined) continue;
    const wanted = matchers.flatMap((matcher) => /^(\w+)="(.*)"$/.exec(matcher)?.slice(1, 3) ?? []);
    if (alert_name !== undefined) wanted.push('alertname', alert_name);
    const list = byService.get(service_name);
    if (list) list.push(wanted);
    else byService.set(service_name, [wanted]);
  }
  return (alert) => {
    let found = 0;
    for (const wanted of byService.get(alert.service_name) ?? []) {
      let holds = true;
      for (let index = 0; holds && index < wanted.length; index += 2)
        holds = alert.labels[wanted[index]] === wanted[index + 1];
      if (holds) found += 1;
    }
    return found;
  };
}

/** Microseconds an alert, and how many alerts found something, so that nothing is optimised away. */
function cost(ask, alerts, ms) {
  let asked = 0;
  let found = 0;
  const begin = performance.now();
  while (performance.now() - begin < ms) {
    for (const alert of alerts) if (ask(alert)) found += 1;
    asked += alerts.length;
  }
  return { us: ((performance.now() - begin) * 1_000) / asked, hits: found / asked };
}

function createSubject(count) {
  const rules = createRules(count, PLAYBOOK);
  const set = compileRules(rules);
  return { rules, ask: (alert) => set.match(alert).length > 0, alerts: createMatchAlerts(MATCHED_ALERTS, count), set };
}

const sizes = { ten: createSubject(10), thousands: createSubject(10_000), more: createSubject(100_000) };
const hash = createHashIndex(sizes.thousands.rules);

const questions = {
  measure({ size, seconds }) {
    const { ask, alerts } = sizes[size];
    return cost(ask, alerts, seconds * 1_000);
  },
  /** Every rule that holds, not only the first, for the first few alerts. */
  matched: ({ alerts }) =>
    sizes.thousands.alerts.slice(0, alerts).map((alert) =>
      sizes.thousands.set
        .explain(alert)
        .filter(({ matched }) => matched)
        .map(({ rule_id }) => rule_id)
        .sort(),
    ),
  hash: ({ seconds }) => cost((alert) => hash(alert) > 0, sizes.thousands.alerts, seconds * 1_000),
};

process.on('message', ({ id, ask, ...parameters }) => {
  process.send({ id, value: questions[ask](parameters) });
});
for (const size of Object.keys(sizes)) cost(sizes[size].ask, sizes[size].alerts, 500);
process.send({ ready: {} });
