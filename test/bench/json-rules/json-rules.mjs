// Shown beside P7: the same rules and alerts in json-rules-engine. Every label is a fact of its own, which spares it the reading of paths.
import { Engine } from 'json-rules-engine';
import { createMatchAlerts, createRules } from '../workload.mjs';

const [count, alerts] = process.argv.slice(2).map(Number);

function conditionsOf(rule) {
  const all = [];
  if (rule.service_name !== undefined) all.push(equal('service_name', rule.service_name));
  if (rule.alert_name !== undefined) all.push(equal('alert_name', rule.alert_name));
  for (const matcher of rule.matchers ?? []) all.push(conditionOf(matcher));
  const above = /^metric_value > (\d+)$/.exec(rule.condition ?? '');
  if (above) all.push({ fact: 'metric_value', operator: 'greaterThan', value: Number(above[1]) });
  if (all.length === 0 || (rule.condition !== undefined && !above))
    throw new Error(`cannot be translated: ${JSON.stringify(rule)}`);
  return { all };
}

function equal(fact, value) {
  return { fact, operator: 'equal', value };
}

function conditionOf(matcher) {
  const [, label, operator, text] = /^(\w+)(=~?)(".*")$/.exec(matcher) ?? [];
  if (label === undefined) throw new Error(`cannot be translated: ${matcher}`);
  const value = JSON.parse(text);
  if (operator === '=') return equal(`label_${label}`, value);
  return { fact: `label_${label}`, operator: 'matches', value: new RegExp(`^(?:${value})$`) };
}

function factsOf({ alert_name, service_name, metric_value, labels }) {
  const facts = { alert_name, service_name, metric_value };
  for (const [name, value] of Object.entries(labels)) facts[`label_${name}`] = value;
  return facts;
}

const engine = new Engine([], { allowUndefinedFacts: true });
engine.addOperator('matches', (value, pattern) => typeof value === 'string' && pattern.test(value));
for (const rule of createRules(count, 'PB-Bench-Other'))
  engine.addRule({ conditions: conditionsOf(rule), event: { type: rule.rule_id } });
const facts = createMatchAlerts(alerts, count).map(factsOf);

async function match(index) {
  const { events } = await engine.run(facts[index]);
  return events.map((event) => event.type);
}

const questions = {
  async measure({ seconds }) {
    const begin = performance.now();
    let asked = 0;
    // At least one: on a slow machine that may take longer than the round.
    do await match(asked++ % facts.length);
    while (performance.now() - begin < seconds * 1_000);
    return { us: ((performance.now() - begin) * 1_000) / asked, asked };
  },
  /** The rules that hold for the first few alerts, as the proof that the same was asked. */
  async matched({ alerts }) {
    const found = [];
    for (let index = 0; index < alerts; index++) found.push((await match(index)).sort());
    return found;
  },
};

process.on('message', async ({ id, ask, ...parameters }) => {
  try {
    process.send({ id, value: await questions[ask](parameters) });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
process.send({ ready: {} });
