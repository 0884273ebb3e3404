import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import type { Alert } from '../alert/alert.js';
import { FixpointError } from '../errors.js';
import { compileRules } from './rule-match.js';
import { rulesInForce } from '../playbook/rule-trigger.js';
import type { Rule } from './rule.js';

const SEED: Rule[] = [
  {
    rule_id: 'R001',
    alert_name: 'High_CPU_Usage',
    service_name: 'order-service',
    severity: 'Critical',
    condition: 'cpu_usage > 90%',
    playbook_id: 'PB-CPU-Scale-Order',
  },
  {
    rule_id: 'R002',
    alert_name: 'Service_Latency_Exceeded',
    service_name: 'payment-gateway',
    severity: 'Critical',
    condition: 'latency > 500ms',
    playbook_id: 'PB-Payment-Troubleshoot',
  },
  {
    rule_id: 'R003',
    alert_name: 'Disk_Full',
    service_name: 'any',
    severity: 'Warning',
    condition: 'disk_usage > 85%',
    playbook_id: 'PB-Disk-Cleanup',
  },
  {
    rule_id: 'R004',
    alert_name: 'DB_Connection_Error',
    service_name: 'inventory-service',
    severity: 'Critical',
    condition: 'error_count > 5',
    playbook_id: 'PB-DB-Check-Inventory',
  },
];

function aRule(over: Partial<Rule>): Rule {
  return { rule_id: 'R', playbook_id: `PB-${over.rule_id ?? 'R'}`, alert_name: 'any', ...over };
}

function matched(rules: readonly Rule[], alert: Alert): string[] {
  return compileRules(rules)
    .match(alert)
    .map((rule) => rule.rule_id);
}

function holds(over: Partial<Rule>, alert: Partial<Alert>): boolean {
  return matched([aRule(over)], anAlert(alert)).length > 0;
}

function reasons(over: Partial<Rule>, alert: Partial<Alert>): string[] {
  return compileRules([aRule(over)]).explain(anAlert(alert))[0]?.reasons ?? [];
}

describe('the four rules of the seed', () => {
  it('each take the alert that they were written for', () => {
    const cpu = { alert_name: 'High_CPU_Usage', service_name: 'order-service', metric_value: 93, metric_unit: '%' };
    const disk = {
      alert_name: 'Disk_Full',
      service_name: null,
      severity: 'warning',
      metric_value: 91,
      metric_unit: null,
    } as const;
    const db = {
      alert_name: 'DB_Connection_Error',
      service_name: 'inventory-service',
      metric_value: 6,
      metric_unit: null,
    };
    expect(matched(SEED, anAlert(cpu))).toEqual(['R001']);
    expect(matched(SEED, anAlert())).toEqual(['R002']);
    expect(matched(SEED, anAlert(disk))).toEqual(['R003']);
    expect(matched(SEED, anAlert(db))).toEqual(['R004']);
    expect(matched(SEED, anAlert({ ...cpu, metric_value: 90 }))).toEqual([]);
    expect(matched(SEED, anAlert({ ...cpu, severity: 'warning' }))).toEqual([]);
    expect(matched(SEED, anAlert({ ...db, service_name: 'order-service' }))).toEqual([]);
  });

  it('say why they do not take another', () => {
    const told = compileRules(SEED).explain(
      anAlert({ service_name: 'order-service', severity: 'warning', metric_value: null }),
    );
    const r002 = told.find((rule) => rule.rule_id === 'R002');
    expect(r002).toEqual({
      rule_id: 'R002',
      playbook_id: 'PB-Payment-Troubleshoot',
      matched: false,
      chosen: false,
      reasons: [
        'service_name is order-service, the rule wants payment-gateway',
        'severity is warning, the rule wants critical',
        'metric_value is null, the rule wants latency > 500ms',
      ],
    });
  });
});

describe('a name', () => {
  it.each<[Rule['alert_name'], string, boolean]>([
    ['High_CPU', 'High_CPU', true],
    ['High_CPU', 'high_cpu', false],
    [['A', 'B'], 'B', true],
    [['A', 'B'], 'C', false],
    ['any', 'whatever', true],
    ['/High_.*/', 'High_CPU', true],
    ['/High_.*/', 'Very_High_CPU', false],
    ['/a|b/', 'ab', false],
    ['/(?i)high_cpu/', 'HIGH_CPU', true],
    [['X', '/Y.*/'], 'Y1', true],
    ['/', '/', true],
  ])('%j and %s: %s', (alert_name, name, expected) => {
    expect(holds({ alert_name }, { alert_name: name })).toBe(expected);
  });

  it('of a service that is not known is no value, and any takes it', () => {
    expect(holds({ service_name: 'any' }, { service_name: null })).toBe(true);
    expect(holds({ service_name: 'x' }, { service_name: null })).toBe(false);
    expect(reasons({ service_name: 'x' }, { service_name: null })).toEqual([
      'service_name is not known, the rule wants x',
    ]);
  });
});

describe('matchers', () => {
  it("are Alertmanager's", () => {
    const labels = { env: 'prod', team: 'payments' };
    expect(
      holds({ matchers: ['env="prod"', 'team=~"pay.*"', 'zone!="x"', 'zone!~"y.*"', 'zone=""'] }, { labels }),
    ).toBe(true);
    expect(holds({ matchers: ['env=~"stage|test"'] }, { labels })).toBe(false);
    expect(holds({ matchers: ['team=~"pay"'] }, { labels })).toBe(false);
    expect(reasons({ matchers: ['env="stage"', 'zone="a"'] }, { labels })).toEqual([
      'label env is prod, the rule wants env="stage"',
      'label zone is missing, the rule wants zone="a"',
    ]);
  });
});

describe('a condition', () => {
  it.each<[string, number | null, string | null, boolean]>([
    ['cpu_usage > 90%', 91, '%', true],
    ['cpu_usage > 90%', 0.95, 'ratio', true],
    ['cpu_usage > 90%', 91, null, true],
    ['latency > 500ms', 1.2, 's', true],
    ['latency > 500ms', 0.4, 's', false],
    ['latency >= 0.5s', 500, 'ms', true],
    ['latency > 500ms', 700, 'GiB', false],
    ['error_count > 5', 6, 'errors', true],
    ['free < 10GiB', 1024, 'MiB', true],
    ['x == 3', 3, null, true],
    ['x != 3', 3, null, false],
    ['x <= -1.5', -2, null, true],
    ['x > 5', null, null, false],
    ['x != 5', null, null, false],
    ['{{ alert.metric_value > 90 && alert.labels.env == "prod" }}', 91, null, true],
    ['{{ alert.metric_value > 90 }}', null, null, false],
    ['{{ alert.labels.nope == "x" }}', 1, null, false],
    ['{{ alert.metric_value }}', 1, null, false],
  ])('%s with %s %s: %s', (condition, metric_value, metric_unit, expected) => {
    expect(holds({ condition }, { metric_value, metric_unit, labels: { env: 'prod' } })).toBe(expected);
  });

  it('tells the value that it looked at', () => {
    expect(reasons({ condition: 'latency > 500ms' }, { metric_value: 0.4, metric_unit: 's' })).toEqual([
      'metric_value is 0.4 s, the rule wants latency > 500ms',
    ]);
    expect(reasons({ condition: 'latency > 500ms' }, { metric_value: 4, metric_unit: 'GiB' })[0]).toContain(
      'cannot be compared',
    );
    expect(reasons({ condition: '{{ alert.metric_value > 90 }}' }, { metric_value: null })).toEqual([
      'alert.metric_value is null',
    ]);
  });
});

describe('the order of rules', () => {
  it('is by priority, then by how much they pin down, then by id; the first that matches decides', () => {
    const rules = [
      aRule({ rule_id: 'wide' }),
      aRule({ rule_id: 'list', service_name: ['payment-gateway', 'x'] }),
      aRule({ rule_id: 'regex', service_name: '/payment.*/' }),
      aRule({ rule_id: 'b', service_name: 'payment-gateway' }),
      aRule({ rule_id: 'a', service_name: 'payment-gateway' }),
      aRule({ rule_id: 'first', priority: 1, continue: true }),
      aRule({ rule_id: 'last', priority: -1, service_name: 'payment-gateway', severity: 'critical' }),
    ];
    const told = compileRules(rules).explain(anAlert());
    expect(told.map((rule) => rule.rule_id)).toEqual(['first', 'a', 'b', 'list', 'regex', 'wide', 'last']);
    expect(told.filter((rule) => rule.chosen).map((rule) => rule.rule_id)).toEqual(['first', 'a']);
    expect(told.every((rule) => rule.matched)).toBe(true);
    expect(told[2]?.reasons).toContain('an earlier rule decided');
    expect(matched(rules, anAlert())).toEqual(['first', 'a']);
  });

  it('names a playbook once, and leaves switched-off rules out', () => {
    const rules = [
      aRule({ rule_id: 'off', enabled: false, priority: 9 }),
      aRule({ rule_id: 'one', playbook_id: 'P', continue: true, priority: 3 }),
      aRule({ rule_id: 'two', playbook_id: 'P', continue: true, priority: 2 }),
      aRule({ rule_id: 'three', playbook_id: 'Q', priority: 1 }),
      aRule({ rule_id: 'four', playbook_id: 'S' }),
    ];
    expect(matched(rules, anAlert())).toEqual(['one', 'three']);
    expect(compileRules(rules).explain(anAlert())[0]).toMatchObject({
      matched: false,
      reasons: ['the rule is switched off (enabled: false)'],
    });
  });
});

describe('a rule set', () => {
  it.each<[Partial<Rule>, string]>([
    [{ alert_name: '/(/' }, 'RE2'],
    [{ alert_name: '/disk.*/i' }, 'write /(?i)disk.*/'],
    [{ service_name: ['shop', '/web/i'] }, 'write /(?i)web/'],
    [{ severity: 'crit' }, 'expected critical, warning, info or any'],
    [{ matchers: ['env'] }, 'expected =, !=, =~ or !~'],
    [{ condition: 'latency > fast' }, 'expected a number'],
    [{ condition: 'alert.metric_value > 90' }, 'latency > 500ms'],
    [{ condition: '{{ alert.metric > 90 }}' }, 'metric'],
    [{ condition: '{{ steps.a.output }}' }, 'a rule sees alert only'],
    [{ condition: '{{ alert.metric_value }} > 3' }, 'the whole condition'],
  ])('refuses %j', (over, why) => {
    const compile = (): unknown => compileRules([aRule(over)]);
    expect(compile).toThrow(FixpointError);
    expect(compile).toThrow(why);
    expect(compile).toThrow('rule R:');
  });

  it('finds through its index exactly what asking every rule in turn finds', () => {
    const word = fc.constantFrom('a', 'b', 'c');
    const name = fc.oneof(word, fc.constant('any'), fc.constant('/a|b.*/'), fc.uniqueArray(word, { minLength: 1 }));
    const rule = fc.record(
      {
        alert_name: name,
        service_name: name,
        severity: fc.constantFrom('critical', 'Warning', 'any'),
        matchers: fc.array(
          fc.constantFrom(
            ...['x="a"', 'x=~"a|b"', 'x=~"[ab]?"', 'x!="a"', 'y=""', 'y="b"', 'z!~"c"'],
            ...['x=~"ab.*"', 'x=~"a.*"', 'x=~"ab[0-9]"', 'x=~".*1"', 'y=~"a.+"', 'y!~"ab.*"', 'x=~"ab1"'],
          ),
          { minLength: 1, maxLength: 3 },
        ),
        condition: fc.constantFrom(
          'v > 1',
          'v <= 1',
          'v >= 2ms',
          'v < 2s',
          'v == 1',
          'v != 1',
          '{{ alert.metric_value < 2 }}',
        ),
        priority: fc.nat(2),
        continue: fc.boolean(),
        enabled: fc.boolean(),
      },
      { requiredKeys: ['alert_name'] },
    );
    const alert = fc.record({
      alert_name: word,
      service_name: fc.oneof(word, fc.constant(null)),
      severity: fc.constantFrom('critical' as const, 'warning' as const),
      metric_value: fc.oneof(fc.nat(3), fc.constant(null)),
      metric_unit: fc.constantFrom(null, 's', 'ms', '%'),
      labels: fc.dictionary(
        fc.constantFrom('x', 'y', 'z'),
        fc.oneof(word, fc.constantFrom('ab', 'ab1', 'ab\n1', 'abc')),
      ),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 120, size: 'max' }),
        fc.array(alert, { minLength: 1, maxLength: 5 }),
        (drafts, alerts) => {
          const rules = drafts.map((draft, i): Rule => ({ ...draft, rule_id: `R${i}`, playbook_id: `P${i % 7}` }));
          const set = compileRules(rules);
          for (const draft of alerts) {
            const chosen = set.explain(anAlert(draft)).filter((told) => told.chosen);
            expect(set.match(anAlert(draft)).map((found) => found.rule_id)).toEqual(chosen.map((told) => told.rule_id));
          }
        },
      ),
    );
  });

  it('asks only the rules that can match, however many there are', () => {
    let asked = 0;
    const rules = Array.from({ length: 10_000 }, (_, i) =>
      aRule({
        rule_id: `R${i}`,
        alert_name: 'Same_Name',
        service_name: `service-${i % 100}`,
        matchers: [`pod="p${i}"`],
      }),
    );
    const set = compileRules(rules);
    const labels = new Proxy<Record<string, string>>(
      { pod: 'p4711' },
      {
        get: (target, key) => {
          asked += 1;
          return target[String(key)];
        },
      },
    );

    const found = set.match(anAlert({ alert_name: 'Same_Name', service_name: 'service-11', labels }));

    expect(found.map((rule) => rule.rule_id)).toEqual(['R4711']);
    expect(asked).toBeLessThan(10);
  });
});

describe('trigger conditions', () => {
  it('become rules, unless rules.yaml names their playbook', () => {
    const tasks = [{ id: 'a', type: 'wait' }];
    const trigger_conditions = [{ alert_name: 'X' }, { alert_name: 'Y', severity: 'Critical' }];
    const rules = rulesInForce(
      [aRule({ rule_id: 'R1', playbook_id: 'named' })],
      [
        { playbook_id: 'named', trigger_conditions, tasks },
        { playbook_id: 'PB', trigger_conditions, tasks },
        { playbook_id: 'by-hand', tasks },
      ],
    );
    expect(rules.map((rule) => [rule.rule_id, rule.playbook_id, rule.alert_name])).toEqual([
      ['R1', 'named', 'any'],
      ['PB#1', 'PB', 'X'],
      ['PB#2', 'PB', 'Y'],
    ]);
  });
});
