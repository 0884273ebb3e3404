import { ALERT_FIELDS } from '../../src/domain/alert/alert.js';
import { MAX_EXPRESSION_LENGTH } from '../../src/domain/expression/cel.js';
import type { ExecutorSpec } from '../../src/domain/executor.js';
import { Playbook, Task } from '../../src/domain/playbook/playbook.js';
import { RUN_FIELDS, STEP_FIELDS } from '../../src/domain/playbook/playbook-names.js';
import { Rule } from '../../src/domain/rule/rule.js';
import { SPECIFICITY } from '../../src/domain/rule/rule-criterion.js';
import { INCIDENT_FIELDS } from '../../src/domain/incident/incident.js';
import { KINDS_NOT_YET } from '../../src/domain/unavailable.js';
import { jsonSchemaOf } from './json-schema.js';
import type { JsonSchema } from './json-schema.js';

/** docs/playbooks.md: everything that may be written in playbooks and rules, from the schemas that check it. */
export function playbookReference(kinds: ReadonlyMap<string, ExecutorSpec>): string {
  return [
    INTRODUCTION,
    section('Playbook', PLAYBOOK_TEXT, keyTable(jsonSchemaOf(Playbook), new Set())),
    section('Task', TASK_TEXT, keyTable(jsonSchemaOf(Task), new Set()), FAILURE_TEXT),
    expressions(),
    kindsSection(kinds),
    section('Rules', RULES_TEXT, keyTable(jsonSchemaOf(Rule), new Set()), rulesOrder()),
    FILES,
  ].join('\n\n');
}

const INTRODUCTION = `# Playbooks and rules

<!-- Made from the schemas by \`node scripts/docs.mjs\`: change those, not this file. -->

A **playbook** is a YAML file that says what to do about an alert: tasks, and what each waits for. A **rule** says which alert starts
which playbook. Both stand in the playbooks folder; \`fixpoint check\` tells everything that is wrong with them, with line and column.

\`\`\`yaml
# yaml-language-server: $schema=../docs/playbook-schema.json
playbook_id: PB-Example
trigger_conditions:
  - alert_name: Service_Latency_Exceeded
    service_name: payment-gateway
    severity: Critical
tasks:
  - id: look
    type: log_aggregation
    parameters: {service: "{{ alert.service_name }}", time_window: 10m}
    output_variable: logs
  - id: grow
    type: kubernetes_scale
    depends_on: [look]
    conditions: ["{{ logs.error_rate < 0.1 }}"]
    parameters: {service: payment-gateway, replicas_increase: 1, max_replicas: 5}
    on_failure: send_notification_and_escalate
\`\`\`

The first line lets editors with a YAML language server complete and check while you type.`;

const PLAYBOOK_TEXT = `One file holds one playbook. A run keeps the playbook that it began with: editing the file changes the next run, never one
under way.`;

const TASK_TEXT = `Tasks run as soon as all that they depend on has ended, side by side where nothing stands between them. A task whose
\`conditions\` do not all hold is skipped, and what depends on it goes on.`;

const FAILURE_TEXT = `\`on_failure\` is one word or a list:

| word | what happens |
|---|---|
| \`abort\` (default) | nothing else begins; what runs is let finish; the run fails |
| \`continue\` | what depends on the task goes on as if it had succeeded |
| \`skip\` | what depends on the task is skipped, the rest goes on |
| \`notify\`, \`escalate\` | people are told, besides one of the three |
| \`abort_with_notification\` | \`[abort, notify]\` |
| \`continue_with_notification\`, \`send_notification\` | \`[continue, notify]\` |
| \`send_notification_and_escalate\` | \`[continue, notify, escalate]\` |

A task with \`run_if: failure\` or \`always\` and no \`depends_on\` waits for all tasks of the usual case: it is a clean-up.

\`retry\` repeats reads, and writes that are known not to have begun. A write that timed out or was cut is in doubt: see \`in_doubt\`.`;

const RULES_TEXT = `Rules stand in \`rules.yaml\` as \`rules: [ … ]\`. The \`trigger_conditions\` of a playbook are rules too, with the ids
\`<playbook_id>#1\`, \`#2\` …; a playbook that \`rules.yaml\` names is started by those rules only.`;

const FILES = `## Files

All \`*.yaml\` and \`*.yml\` of the playbooks folder and its folders are read, but for hidden ones and playbook tests
(\`*.test.yaml\`, [playbook-tests.md](playbook-tests.md)). A file holds one YAML 1.2 document in
UTF-8: a playbook of at most 1 MiB, rules (\`rules.yaml\`, or any file whose only key is \`rules\`), or what holds alerts back
(\`suppressions.yaml\`, see [suppressions.md](suppressions.md)).

The folder is looked at every two seconds. A file that breaks keeps its last good version in force, and the log and \`GET /api/v1/playbooks\` say
what is wrong; so do rules that begin to name a playbook which does not exist, until it does. At a start without a good version that playbook is off: an alert for it is decided \`playbook_off\` and does not fall to a
later rule. While a rules file is broken from the start, the playbooks that it names are not started by their own \`trigger_conditions\`.

Unknown keys, keys that stand twice, cycles, dependencies and names that do not exist, outputs used before they exist, and parameters that
a kind refuses are all errors. A sub-playbook that is written out and does not exist, and playbooks that run each other without end, are told like
errors; the playbook stays in force, for what is missing may come. So is an expression without quotes: YAML would read \`{{ x }}\` as a map.
`;

function section(title: string, ...parts: readonly string[]): string {
  return [`## ${title}`, ...parts].join('\n\n');
}

function keyTable(schema: JsonSchema, notYet: ReadonlySet<string>, skip: ReadonlySet<string> = new Set()): string {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {})
    .filter(([key]) => !skip.has(key))
    .map(([key, value]) => {
      const name = `\`${key}\`${required.has(key) ? ' (required)' : ''}`;
      return `| ${name} | ${cell(typeName(value))} | ${cell(notYet.has(key) ? 'not available in this version' : describe(value))} |`;
    });
  return ['| key | value | meaning |', '|---|---|---|', ...rows].join('\n');
}

function describe(schema: JsonSchema): string {
  const text = schema.description ?? '';
  const shown = schema.default === undefined ? '' : `default \`${plain(schema.default)}\``;
  return [text, shown].filter((part) => part !== '').join('; ');
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A type as an author thinks of it. */
function typeName(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${plain(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${plain(value)}\``).join(', ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeName))].filter((name) => name !== 'null').join(' or ');
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length === 0) return 'anything';
  const names = types
    .filter((type) => type !== 'null')
    .map((type) => (type === 'array' ? listName(schema) : (TYPES[type] ?? type)));
  return names.join(' or ');
}

function listName(schema: JsonSchema): string {
  const items = schema.items ? typeName(schema.items) : 'anything';
  return items === 'anything' ? 'list' : `list of ${items}`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'true or false',
  object: 'map',
};

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function expressions(): string {
  const code = (names: Iterable<string>): string => [...names].map((name) => `\`${name}\``).join(', ');
  return `## Expressions

\`{{ }}\` holds an expression of [CEL](https://cel.dev). Expressions stand in \`action\`, \`conditions\`, \`foreach\` and in every text of
\`parameters\`, always in quotes. A text that is one expression keeps its value's type; otherwise the parts are joined as text, maps and lists
as JSON.

| name | what it is |
|---|---|
| \`alert\` | the alert that began the run: ${code(ALERT_FIELDS)}. Labels: \`alert.labels.team\`, \`alert.labels["app.kubernetes.io/name"]\` |
| \`alerts\` | all alerts of the run when the step began |
| \`run\` | ${code(RUN_FIELDS)} |
| \`steps.<id>\` | ${code(STEP_FIELDS)} of a task that this one waits for |
| an \`output_variable\` | the output of a task that this one waits for, once it succeeded |
| \`vars\` | the constants of the playbook |
| \`secrets\` | secrets that the configuration lets this playbook use; recorded by their names |
| \`item\` | in \`action\` and \`parameters\` of a task with \`foreach\`: the present item |
| \`incident\` | what the alert is part of when the step begins: ${code(INCIDENT_FIELDS)}; null where it is part of none ([incidents.md](incidents.md)) |

A name that cannot exist is an error when the file is read. A key that is missing at run time, or null where a value is needed, makes a
condition false, and fails a step whose parameters need it; the record says which key it was. So nothing acts on a figure that is not there:
\`logs.error_rate < 0.1\`, \`logs.error_rate != 0.5\` and \`!(logs.error_rate > 0.1)\` are all false over no data. To ask for absence on purpose:

| expression | true when |
|---|---|
| \`has(x.key)\` | the key is there (it may be null) |
| \`x.key == null\` | it is there and null |
| \`x.?key.orValue(3) > 2\` | the key is there and more than 2, or it is not there |

Numbers are compared and computed whatever their kind (\`p99_ms + 1\`); division by zero is an error. \`re(text, "pattern")\` finds a regular
expression in RE2 syntax; \`matches\` is not available, for it can take forever. Lists have \`size(l)\`, \`x in l\`, \`l.all(v, …)\`, \`l.exists(v, …)\`,
\`l.filter(v, …)\`, \`l.map(v, …)\`; texts have \`contains\`, \`startsWith\`, \`endsWith\`, \`lowerAscii\`, \`split\`, \`join\`, \`substring\`; \`string(5)\` makes text,
\`int("5")\` a number, \`a ? b : c\` chooses. An expression has at most ${MAX_EXPRESSION_LENGTH} characters and 200 parts, macros nest two deep, and
what an evaluation may cost is bounded.

Values are encoded for the place they stand in. In the address of an \`api_call\` they are percent-encoded: they cannot add a path segment,
climb with \`..\`, or choose the host, which is always literal text. In a PromQL query they are escaped inside of strings (as a pattern after \`=~\`);
outside only numbers, durations and names are taken.`;
}

function kindsSection(kinds: ReadonlyMap<string, ExecutorSpec>): string {
  const sorted = [...kinds.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1));
  const later = [...KINDS_NOT_YET].filter((kind) => !kinds.has(kind)).sort();
  const parts = sorted.map((spec) => kindText(spec));
  if (later.length > 0) parts.push(`Not available in this version: ${later.map((kind) => `\`${kind}\``).join(', ')}.`);
  return section(
    'Kinds',
    'Case does not matter: `API_Call` is `api_call`. Every text in `parameters` may hold expressions.',
    ...parts,
  );
}

function kindText(spec: ExecutorSpec): string {
  const schema = jsonSchemaOf(spec.input);
  const effect = typeof spec.effect === 'function' ? 'reads or writes, as the task says' : EFFECTS[spec.effect];
  const action = schema.properties?.action?.description;
  const lines = [`### \`${spec.kind}\``, `${spec.title}. It ${effect}.`];
  if (spec.takes_action === true) lines.push(`\`action\` (required): ${action ?? 'text'}`);
  const skip = new Set(spec.takes_action === true ? ['action'] : []);
  if (Object.keys(schema.properties ?? {}).some((key) => !skip.has(key))) lines.push(keyTable(schema, new Set(), skip));
  if (schema.additionalProperties !== false) lines.push('Other keys are taken too.');
  lines.push(
    spec.output_keys === null
      ? 'Output: as the other side answers.'
      : `Output: ${spec.output_keys.map((key) => `\`${key}\``).join(', ')}.`,
  );
  return lines.join('\n\n');
}

const EFFECTS = { read: 'reads only', write: 'writes', notify: 'tells people' } as const;

function rulesOrder(): string {
  const points = Object.entries({
    'one exact value (name, service, label)': SPECIFICITY.value,
    'a list of values': SPECIFICITY.values,
    'a regular expression': SPECIFICITY.pattern,
    'one severity': SPECIFICITY.severity,
    'an exclusion (`!=`, `!~`)': SPECIFICITY.exclusion,
    'a condition': SPECIFICITY.condition,
  });
  return `A regular expression takes the whole value, as in Alertmanager. A label that is missing is empty. \`any\` takes everything, also what is not
known.

\`condition\` is either \`{{ an expression }}\` over \`alert\`, or \`word operator number\` with one of \`> >= < <= == !=\`: the word, whatever it is, stands
for \`alert.metric_value\`, and the number may have a unit (\`90%\`, \`500ms\`, \`10GiB\`), into which the alert's value is converted when its unit is
known. A value that is null satisfies no condition.

Rules are asked by priority, then by how much they pin down, then by \`rule_id\`; the first that matches decides, unless it says
\`continue: true\`. How much a rule pins down is the sum of:

| what it asks | points |
|---|---|
${points.map(([what, count]) => `| ${what} | ${count} |`).join('\n')}

\`fixpoint explain --alert alert.json\` tells for every rule why it matches or not.`;
}
