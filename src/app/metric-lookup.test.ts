import { describe, expect, it } from 'vitest';
import { anAlert } from '../../test/helper/an-alert.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import type { Alert } from '../domain/alert/alert.js';
import { MetricQuery } from '../domain/alert/metric-query.js';
import type { MetricSource } from '../domain/alert/metric-source.js';
import type { Rule } from '../domain/rule/rule.js';
import { createEnrich } from './metric-lookup.js';
import { sources } from '../source/registry.js';

const QUERY = 'histogram_quantile(0.99, lat{service="{{ alert.labels.service }}"})';

function world(parts: { query?: string; rules?: Rule[]; metric?: MetricSource | null }) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const metric: MetricSource = async (query) => {
    asked.push(query);
    return { type: 'figure', value: 7 };
  };
  const settings = parts.query === undefined ? {} : { alertmanager: { metric_query: parts.query } };
  const rules = parts.rules ?? [];
  const enrich = createEnrich(
    { sources: settings },
    () => rules,
    parts.metric === undefined ? metric : parts.metric,
    clock,
  );
  return { clock, asked, enrich };
}

function lacking(over: Partial<Alert> = {}): Alert {
  return anAlert({ metric_value: null, metric_unit: null, labels: { service: 'pay' }, ...over });
}

describe('a figure that an alert lacks', () => {
  it('is nothing to triage where nobody names a query', () => {
    expect(world({ rules: [{ rule_id: 'R', alert_name: 'any', playbook_id: 'P' }] }).enrich()).toBeNull();
  });

  it("is asked for with the alert's labels, once for all who ask the same", async () => {
    const { asked, enrich } = world({ query: QUERY });

    const found = await enrich()!([lacking(), lacking(), lacking({ labels: { service: 'a"} or up{x="' } })]);

    expect(found.map(({ metric_value }) => metric_value)).toEqual([7, 7, 7]);
    expect(found[0]).toMatchObject({
      annotations: { metric_query: QUERY.replace('{{ alert.labels.service }}', 'pay') },
    });
    expect(found[0]?.original).toEqual({ metric_value: null });
    expect(asked).toEqual([
      'histogram_quantile(0.99, lat{service="pay"})',
      'histogram_quantile(0.99, lat{service="a\\"} or up{x=\\""})',
    ]);
  });

  it('is asked for by the first rule that fits but for its condition, else by its source', async () => {
    const rule = (rule_id: string, over: Partial<Rule>): Rule => ({ rule_id, playbook_id: 'P', ...over });
    const { asked, enrich } = world({
      query: 'source',
      rules: [
        rule('low', { alert_name: 'any', metric_query: 'low', condition: '{{ alert.metric_value > 5 }}' }),
        rule('high', { matchers: ['service="pay"'], metric_query: 'high', priority: 5 }),
        rule('off', { alert_name: 'any', metric_query: 'off', priority: 9, enabled: false }),
      ],
    });

    await enrich()!([lacking(), lacking({ labels: { service: 'other' } })]);

    expect(asked).toEqual(['high', 'low']);
  });

  const CHANGES = ['github', 'gitlab', 'argocd'];

  it.each(sources.map(({ name }) => name).filter((name) => !CHANGES.includes(name)))(
    'may be asked for by a setting of the source %s',
    async (name) => {
      const slice = sources.find((source) => source.name === name)?.config.parse({ metric_query: 'up' });
      const asked: string[] = [];
      const metric: MetricSource = async (query) => {
        asked.push(query);
        return { type: 'figure', value: 3 };
      };
      const enrich = createEnrich({ sources: { [name]: slice } }, () => [], metric, new FakeClock());

      const [own, other] = await enrich()!([
        lacking({ source_system: name }),
        lacking({ source_system: name === 'zabbix' ? 'grafana' : 'zabbix' }),
      ]);

      expect([own?.metric_value, other?.metric_value]).toEqual([3, null]);
    },
  );

  it('of an alert that was posted under a name of its own is asked for by the setting of generic', async () => {
    const metric: MetricSource = async () => ({ type: 'figure', value: 3 });
    const enrich = createEnrich({ sources: { generic: { metric_query: 'up' } } }, () => [], metric, new FakeClock());

    const found = await enrich()!([lacking({ source_system: 'billing' }), lacking({ source_system: 'sentry' })]);

    expect(found.map(({ metric_value }) => metric_value)).toEqual([3, null]);
  });

  it.each([
    ['is not there', async () => ({ type: 'none', reason: 'it answers no series' }) as const, 'it answers no series'],
    ['cannot be asked for', null, 'executors.prometheus is not configured'],
    ['breaks', () => Promise.reject(new Error('broken')), 'broken'],
  ])('stays null and is told where it %s', async (_what, metric, reason) => {
    const { enrich } = world({ query: QUERY, metric });

    const [alert] = await enrich()!([lacking()]);

    expect(alert).toMatchObject({ metric_value: null });
    expect(alert?.annotations['metric_query']).toBe(
      `no figure: ${reason}; asked: histogram_quantile(0.99, lat{service="pay"})`,
    );
    expect(alert).not.toHaveProperty('original');
  });

  it('stays null where the alert lacks what the query names', async () => {
    const { asked, enrich } = world({ query: QUERY });

    const [alert] = await enrich()!([lacking({ labels: {} })]);

    expect(asked).toEqual([]);
    expect(alert?.annotations['metric_query']).toContain('alert.labels.service is missing');
  });

  it('is waited for no longer than a decision can wait', async () => {
    const { clock, enrich } = world({
      query: QUERY,
      metric: (_query, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ type: 'none', reason: 'aborted' }));
        }),
    });

    const waiting = enrich()!([lacking()]);
    await clock.advance(3_000);

    expect((await waiting)[0]?.annotations['metric_query']).toContain('no answer within 3.0 s');
    expect(clock.waiting).toBe(0);
  });
});

describe('a query', () => {
  it.each([
    ['up{a="{{ alert.label.x }}"}', 'an alert has no field label (did you mean labels?)'],
    ['up{a="{{ labels.x }}"}', 'unknown name labels.x'],
    ['up{a="{{ alert.labels.x "}', 'never closed'],
    [' ', 'expected PromQL'],
  ])('%s is refused', (text, message) => {
    expect(MetricQuery.safeParse(text).error?.issues[0]?.message).toContain(message);
  });
});
