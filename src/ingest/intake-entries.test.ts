import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import type { ParsedAlert } from '../domain/alert/alert.js';
import { intakeEntries } from '../domain/alert/intake-entry.js';
import { schemaProblems } from '../domain/schema-problem.js';
import { compileIntake } from './intake-entries.js';

const Entries = intakeEntries(['alertmanager', 'generic']);

function came(over: Partial<ParsedAlert> = {}): ParsedAlert {
  const { alert_id: _id, received_at: _at, ...parsed } = anAlert();
  return { ...parsed, ...over };
}

/** What becomes of alerts that came from a source, and what is remarked. */
function work(entries: unknown, alerts: readonly ParsedAlert[], source = 'alertmanager') {
  const done = compileIntake(Entries.parse(entries));
  const payload = { alerts, rejected: [], remarks: [] };
  return done === null ? payload : done(source, payload);
}

function changed(entries: unknown, alert: ParsedAlert, source?: string): ParsedAlert {
  return work(entries, [alert], source).alerts[0]!;
}

describe('the setting intake', () => {
  it('is nothing where nothing is set', () => {
    expect(compileIntake([])).toBeNull();
  });

  it('drops what its matchers and its condition take, and says what did it', () => {
    const entries = [{ name: 'no-dev', matchers: ['env="dev"'], when: 'alert.severity != "critical"', drop: true }];
    const labels = { env: 'dev' };

    const { alerts } = work(entries, [
      came({ labels, severity: 'info' }),
      came({ labels, severity: 'critical' }),
      came({ labels: { env: 'prod' }, severity: 'info' }),
    ]);

    expect(alerts.map((alert) => alert.filtered?.by)).toEqual(['intake:no-dev', undefined, undefined]);
    expect(alerts[0]?.filtered?.explanation).toBe(
      'the entry no-dev of intake drops what is env="dev" (it is "dev") and alert.severity != "critical"',
    );
    expect(alerts[1]).not.toHaveProperty('original');
  });

  it('says what dropped an alert without half a character, which no store keeps', () => {
    const labels = { env: `${'x'.repeat(98)}😀${'y'.repeat(50)}` };

    const { filtered } = changed([{ name: 'odd', matchers: ['env=~"x.*"'], drop: true }], came({ labels }));

    expect(filtered?.explanation.isWellFormed()).toBe(true);
    expect(filtered?.explanation).toContain(`(it is "${'x'.repeat(98)}…)`);
  });

  it('changes fields and keeps them as they came', () => {
    const alert = changed(
      [
        {
          name: 'team',
          rename_labels: { k8s_ns: 'namespace', absent: 'never' },
          set: {
            severity: 'page',
            service_name: '{{ alert.labels.namespace }}-api',
            metric_value: '12.5 %',
            labels: { team: 'alert.labels.owner.split("@")[0]', tier: '{{ 1 }}', zone: '' },
          },
          remove_labels: ['pod_hash'],
        },
      ],
      came({
        severity: 'info',
        metric_unit: null,
        labels: { k8s_ns: 'pay', owner: 'kim@example.com', pod_hash: 'x7', zone: 'a' },
      }),
    );

    expect(alert).toMatchObject({
      severity: 'critical',
      service_name: 'pay-api',
      metric_value: 12.5,
      metric_unit: '%',
    });
    expect(alert.labels).toEqual({ namespace: 'pay', owner: 'kim@example.com', team: 'kim', tier: '1' });
    expect(alert.original).toEqual({
      severity: 'info',
      service_name: 'payment-gateway',
      metric_value: 1240,
      metric_unit: null,
      labels: { k8s_ns: 'pay', owner: 'kim@example.com', pod_hash: 'x7', zone: 'a' },
    });
  });

  it('goes on with what the entries before have made of it, and keeps what came first', () => {
    const alert = changed(
      [
        { name: 'a', set: { severity: 'info' } },
        { name: 'b', when: '{{ alert.severity == "info" }}', set: { severity: 'warning', description: 'was info' } },
      ],
      came({ severity: 'critical' }),
    );

    expect(alert).toMatchObject({ severity: 'warning', description: 'was info', original: { severity: 'critical' } });
  });

  it('ends at the entry that drops', () => {
    const entries = [
      { name: 'drop', drop: true },
      { name: 'after', set: { severity: 'info' } },
    ];

    const alert = changed(entries, came({ severity: 'critical' }));

    expect(alert).toMatchObject({ severity: 'critical', filtered: { by: 'intake:drop' } });
  });

  it('is done for the sources that it names, all mappings of generic among them', () => {
    const entries = [{ name: 'g', sources: ['generic'], set: { severity: 'info' } }];

    expect(changed(entries, came(), 'alertmanager').severity).toBe('critical');
    expect(changed(entries, came(), 'generic').severity).toBe('info');
    expect(changed(entries, came(), 'generic/pager').severity).toBe('info');
  });

  it('swaps two labels', () => {
    const alert = changed([{ name: 'swap', rename_labels: { a: 'b', b: 'a' } }], came({ labels: { a: '1', b: '2' } }));

    expect(alert.labels).toEqual({ a: '2', b: '1' });
  });

  it('lets a new fingerprint tell the occurrence, but not where the source has an id for it', () => {
    const entries = [{ name: 'f', set: { fingerprint: '{{ alert.alert_name }}@{{ alert.labels.cluster }}' } }];
    const labels = { cluster: 'eu' };

    expect(changed(entries, came({ labels, alert_name: 'Down', fingerprint: 'f', occurrence_id: 'f' }))).toMatchObject({
      fingerprint: 'Down@eu',
      occurrence_id: 'Down@eu',
    });
    expect(changed(entries, came({ labels, fingerprint: 'f', occurrence_id: '7' })).occurrence_id).toBe('7');
  });

  it('leaves a field as it was where its value is missing or none, and remarks it', () => {
    const { alerts, remarks } = work(
      [
        {
          name: 'x',
          set: {
            service_name: 'alert.labels.nowhere',
            severity: 'purple',
            alert_name: '{{ "" }}',
            metric_value: 'lots',
            labels: { list: '{{ [1, 2] }}', good: 'yes' },
          },
        },
      ],
      [came({ labels: {} })],
    );

    expect(alerts[0]).toMatchObject({
      service_name: 'payment-gateway',
      severity: 'critical',
      alert_name: 'Service_Latency_Exceeded',
      metric_value: 1240,
      labels: { good: 'yes' },
    });
    expect(remarks).toEqual([
      'intake x: set severity: expected a severity, came "purple"',
      'intake x: set metric_value: expected a number, came "lots"',
      'intake x: set alert_name: expected a text of at most 21845 characters that is not empty, came ""',
      'intake x: set service_name: alert.labels.nowhere is missing',
      'intake x: set labels.list: expected a text, came a list',
    ]);
  });

  it('takes a condition that cannot be judged for false, and remarks it', () => {
    const { alerts, remarks } = work(
      [{ name: 'c', when: 'alert.labels.level > 3', drop: true }],
      [came({ labels: {} }), came({ labels: { level: 'x' } })],
    );

    expect(alerts.every((alert) => alert.filtered === undefined)).toBe(true);
    expect(remarks[0]).toBe('intake c: when: alert.labels.level is missing');
    expect(remarks).toHaveLength(2);
  });

  it('keeps a label whose name every object has', () => {
    const labels = Object.fromEntries([
      ['__proto__', 'x'],
      ['a', '1'],
    ]);

    const alert = changed([{ name: 'p', rename_labels: { a: 'b' }, set: { labels: { c: '2' } } }], came({ labels }));

    expect(Object.entries(alert.labels)).toEqual([
      ['__proto__', 'x'],
      ['b', '1'],
      ['c', '2'],
    ]);
  });
});

describe('what is wrong with intake', () => {
  it.each([
    [[{ name: 'a' }], '0', 'expected at least one of drop, rename_labels, set, remove_labels'],
    [[{ name: 'a', drop: true, set: { severity: 'info' } }], '0', 'what is dropped is not changed'],
    [[{ name: 'a', drop: true, when: 'alert.sevrity == "x"' }], '0.when', 'no field sevrity (did you mean severity?)'],
    [
      [{ name: 'a', drop: true, when: 'alert.severity ==' }],
      '0.when',
      'at character 18: the expression ends too early',
    ],
    [[{ name: 'a', drop: true, when: 'labels.env == "x"' }], '0.when', 'unknown name labels.env; known are alert'],
    [[{ name: 'a', drop: true, matchers: ['env'] }], '0.matchers.0', 'expected =, !=, =~ or !~'],
    [[{ name: 'a', set: { status: 'resolved' } }], '0.set.status', 'unknown key status'],
    [[{ name: 'a', set: { labels: { x: '{{ alert.labels.y' } } }], '0.set.labels.x', 'never closed'],
    [[{ name: 'a', drop: true, sources: ['alertmanger'] }], '0.sources.0', 'did you mean alertmanager?'],
    [
      [
        { name: 'a', drop: true },
        { name: 'a', drop: true },
      ],
      '1.name',
      'there is another a',
    ],
  ])('%j is told at %s', (entries, path, message) => {
    const problems = schemaProblems(Entries, entries);

    expect(problems.map((problem) => [problem.path.join('.'), problem.message])).toEqual([
      [path, expect.stringContaining(message)],
    ]);
  });
});

describe('the figure in the text', () => {
  const text = { description: 'p99 latency is 900 ms' };

  it('is taken by an alert that has none, before the entries, and shown to be none of its own', () => {
    const done = compileIntake(
      Entries.parse([{ name: 'slow', when: 'alert.metric_value > 500.0', drop: true }]),
      true,
    )!;
    const none = { metric_value: null, metric_unit: null };

    const { alerts } = done('alertmanager', {
      alerts: [came({ ...none, ...text }), came(text), came({ ...none, description: 'db-3 at 12:30' })],
      rejected: [],
      remarks: [],
    });

    expect(alerts.map(({ metric_value, metric_unit }) => [metric_value, metric_unit])).toEqual([
      [900, 'ms'],
      [1240, 'ms'],
      [null, null],
    ]);
    expect(alerts[0]).toMatchObject({ original: none, filtered: { by: 'intake:slow' } });
  });

  it('leaves a payload as it is where there is none', () => {
    const payload = { alerts: [came()], rejected: [], remarks: [] };

    expect(compileIntake([], true)!('alertmanager', payload)).toBe(payload);
    expect(compileIntake([], false)).toBeNull();
  });
});
