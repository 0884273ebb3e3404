import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadFile } from './load-file.js';
import { loadRulesQuickly } from './quick-rules.js';

const FILE = 'rules.yaml';
const KINDS = new Map();

/** A rule in YAML with one more line, or several. */
function aRule(...lines: string[]): string {
  return [
    'rules:',
    '  - rule_id: R1',
    '    alert_name: any',
    ...lines.map((line) => `    ${line}`),
    '    playbook_id: PB',
    '',
  ].join('\n');
}

const SHIPPED = readFileSync(join(import.meta.dirname, '../../playbooks/rules.yaml'), 'utf8');
const RULES = [
  { rule_id: 'R1', alert_name: ['a b', 'c: d', "it's", '#1', '"'], playbook_id: 'PB', priority: -5, continue: true },
  { rule_id: 'R2', alert_name: '/^x #y.*/', matchers: ['env="prod"', 'a=~"b|c"'], playbook_id: 'PB', enabled: false },
  { rule_id: 'R3', severity: 'Critical', description: 'two\nlines\n', condition: 'latency > 500ms', playbook_id: 'PB' },
  { rule_id: 'R4', service_name: '支付', condition: '{{ alert.metric_value > 1 && true }}', playbook_id: 'PB' },
];

const GOOD: readonly [string, string][] = [
  ['that are shipped', SHIPPED],
  ['in JSON', JSON.stringify({ rules: RULES })],
  ['in JSON over many lines', `\n${JSON.stringify({ rules: RULES }, null, 2)}\n`],
  ['in YAML', stringify({ rules: RULES })],
  ['in YAML, in quotes', stringify({ rules: RULES }, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })],
  [
    'in YAML, in single quotes',
    stringify({ rules: RULES }, { singleQuote: true, defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' }),
  ],
  ['in YAML, lists not indented', stringify({ rules: RULES }, { indentSeq: false })],
  ['in YAML, each in one line', `rules:\n${RULES.map((rule) => `- ${JSON.stringify(rule)}\n`).join('')}`],
  [
    'with comments',
    `# a\n---\n\nrules: # b\n# c\n  - rule_id: R1 # d\n# e\n    alert_name: x#y # f\n\n    playbook_id: PB\n# g`,
  ],
  ['with an anchor in one of them', aRule('service_name: &x shop', 'description: *x')],
  ['with a text over several lines', aRule('description: one', '  two', 'condition: >-', '  cpu >', '  5')],
  ['with a list below its key', aRule('matchers:', '- a=b', "- 'c=d' # e", '# f', '- "g=h"')],
  ['with words that are none', aRule('service_name: nullable', 'description: trueish', 'severity: info')],
  ['with a colon and a sign inside', aRule('description: a:b c#d', 'service_name: http://x')],
];

describe('rules that are read entry by entry', () => {
  it.each(GOOD)('are what the whole file says: %s', async (_, text) => {
    const whole = loadFile(FILE, text, KINDS);
    expect(whole.problems).toEqual([]);

    const quick = await loadRulesQuickly(FILE, text);

    if (quick === null) throw new Error('it was not read entry by entry');
    expect(quick.good).toEqual(whole.good);
    expect(quick.claims.rules.map(({ rule, playbook }) => [rule?.place, playbook?.place])).toEqual(
      whole.claims.rules.map(({ rule, playbook }) => [rule?.place, playbook?.place]),
    );
  });

  it.each([
    ['a key twice', aRule('severity: info', 'severity: critical')],
    [
      'a key twice in JSON',
      '{"rules": [{"rule_id": "R1", "playbook_id": "PB", "alert_name": "a", "alert_name": "b"}]}',
    ],
    ['an unknown key', aRule('servce_name: shop')],
    ['a key that objects have', aRule('__proto__: shop')],
    ['an expression without quotes', aRule('condition: {{ alert.metric_value > 5 }}')],
    ['a pattern that is none', aRule('service_name: /(/')],
    ['a number for a text', aRule('service_name: 5')],
    ['null for a text', aRule('service_name: null')],
    ['no value', aRule('service_name:')],
    ['a quote that does not end', aRule('service_name: "shop')],
    ['two values', aRule('service_name: shop', 'mart')],
    ['a second document', `${aRule()}---\n${aRule()}`],
    ['a second key beside the rules', `${aRule()}more: 1\n`],
    [
      'a second list beside the rules',
      '{"rules": [{"rule_id": "R1", "alert_name": "a", "playbook_id": "PB"}], "more": []}',
    ],
    ['something behind the end', '{"rules": [{"rule_id": "R1", "alert_name": "a", "playbook_id": "PB"}]} x'],
    ['an anchor of another entry', 'rules:\n- &a {rule_id: R1, alert_name: a, playbook_id: PB}\n- *a\n'],
    [
      'an entry that is indented less',
      'rules:\n  - rule_id: R1\n    alert_name: a\n    playbook_id: PB\n - rule_id: R2\n',
    ],
    ['a tab', 'rules:\n  - rule_id: R1\n\talert_name: a\n    playbook_id: PB\n'],
    ['no rules', 'rules: []\n'],
    ['nothing', ''],
  ])('are left to whoever reads the whole file when there is %s', async (_, text) => {
    expect(await loadRulesQuickly(FILE, text)).toBeNull();
  });

  it('are read again only where they changed', async () => {
    const before = await loadRulesQuickly(FILE, stringify({ rules: RULES }));
    const changed = RULES.map((rule) => (rule.rule_id === 'R3' ? { ...rule, severity: 'info' } : rule));
    const after = await loadRulesQuickly(FILE, stringify({ rules: changed }), before?.known);

    const [old, fresh] = [before, after].map((loaded) => (loaded?.good?.type === 'rules' ? loaded.good.rules : []));
    expect(fresh?.map((rule, index) => rule === old?.[index])).toEqual([true, true, false, true]);
    expect(fresh?.[2]?.severity).toBe('info');
  });

  it('leave time for other things while they are read', async () => {
    const rules = Array.from({ length: 2_000 }, (_, index) => ({ ...RULES[0], rule_id: `R${index}` }));
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns += 1;
      if (!done) setImmediate(turn);
    };
    turn();
    const loaded = await loadRulesQuickly(FILE, JSON.stringify({ rules }));
    done = true;
    expect(loaded?.good).toMatchObject({ rules: { length: 2_000 } });
    expect(turns).toBeGreaterThanOrEqual(20);
  });
});
