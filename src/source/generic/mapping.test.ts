import { describe, expect, it } from 'vitest';
import { schemaProblems } from '../../domain/schema-problem.js';
import type { ParsedPayload } from '../../domain/source.js';
import { generic } from './generic.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');

function source(...mappings: unknown[]) {
  return generic.create(generic.config.parse({ mappings }));
}

function parsed(answer: ReturnType<ReturnType<typeof source>['parse']>): ParsedPayload {
  if ('unusable' in answer) throw new Error(JSON.stringify(answer.unusable));
  return answer;
}

const UPTIME = {
  name: 'uptime',
  when: 'has(body.heartbeat) && has(body.monitor)',
  fields: {
    alert_name: 'Monitor {{ body.monitor.name }} is down',
    severity: '{{ body.monitor.prio > 3 ? "P1" : "notice" }}',
    status: 'body.heartbeat.status == 0',
    service_name: 'body.monitor.tags[0]',
    host_ip: 'body.monitor.url',
    metric_value: 'body.heartbeat.ping',
    timestamp: 'body.heartbeat.at',
    description: 'body.msg',
    fingerprint: 'uptime-{{ body.monitor.id }}',
    labels: { monitor: 'body.monitor.id', kind: 'http', team: 'body.monitor.team' },
    annotations: { raw: '{{ body.heartbeat.status }}/{{ body.heartbeat.ping }}' },
    links: { dashboard: 'https://uptime.example/dashboard/{{ body.monitor.id }}' },
  },
};

function heartbeat(over: Record<string, unknown> = {}) {
  return {
    msg: 'connect ECONNREFUSED',
    monitor: { id: 42, name: 'shop', url: 'https://10.0.0.9:8443/health', prio: 5, tags: ['shop'] },
    heartbeat: { status: 0, ping: '120.5 ms', at: 1795255200, ...over },
  };
}

const NESTED = {
  name: 'nested',
  items: 'body.payload.events.filter(e, e.type != "ping")',
  fields: { alert_name: 'item.title', status: 'item.state', labels: { region: 'body.region', place: '{{ index }}' } },
};

describe('a mapping of any JSON', () => {
  it('finds each field by its expression, and normalises it as for every source', () => {
    const { alerts, remarks } = parsed(source(UPTIME).parse(heartbeat(), NOW));

    expect(alerts).toEqual([
      {
        source_system: 'uptime',
        alert_name: 'Monitor shop is down',
        severity: 'critical',
        status: 'firing',
        service_name: 'shop',
        host_ip: '10.0.0.9',
        metric_value: 120.5,
        metric_unit: 'ms',
        timestamp: '2026-11-21T10:00:00.000Z',
        ends_at: null,
        labels: { monitor: '42', kind: 'http', severity: 'P1' },
        description: 'connect ECONNREFUSED',
        fingerprint: 'uptime-42',
        annotations: { raw: '0/120.5 ms' },
        links: { dashboard: 'https://uptime.example/dashboard/42' },
        group_key: 'uptime:Monitor shop is down:shop',
        occurrence_id: 'uptime-42',
      },
    ]);
    expect(remarks).toEqual([]);
  });

  it('resolves the same condition', () => {
    const [down] = parsed(source(UPTIME).parse(heartbeat(), NOW)).alerts;
    const [up] = parsed(source(UPTIME).parse(heartbeat({ status: 1 }), NOW)).alerts;

    expect(up).toMatchObject({
      status: 'resolved',
      fingerprint: down?.fingerprint,
      occurrence_id: down?.occurrence_id,
    });
  });

  it('reads a list of alerts, and rejects an item by its field', () => {
    const body = {
      region: 'eu',
      payload: {
        events: [
          { type: 'a', title: 'Disk full', state: 'OPEN' },
          { type: 'ping' },
          { type: 'b', title: { en: 'no text' }, state: 'open' },
          { type: 'c', title: 'Load', state: 'purple' },
          { type: 'd', state: 'closed' },
          { type: 'e', title: 'Back again', state: 'Recovered' },
        ],
      },
    };

    const { alerts, rejected } = parsed(source(NESTED).parse(body, NOW));

    expect(alerts.map(({ alert_name, status, labels }) => ({ alert_name, status, labels }))).toEqual([
      { alert_name: 'Disk full', status: 'firing', labels: { region: 'eu', place: '0' } },
      { alert_name: 'Back again', status: 'resolved', labels: { region: 'eu', place: '4' } },
    ]);
    expect(rejected.map(({ details }) => details)).toEqual([
      [{ path: 'nested.items[1].alert_name', message: 'item.title: expected a text, came an object' }],
      [
        {
          path: 'nested.items[2].status',
          message: 'item.state: expected firing or resolved, or a word that means it, came a text',
        },
      ],
      [{ path: 'nested.items[3].alert_name', message: 'expected a text that is not empty, came nothing' }],
    ]);
  });

  it('makes of a rejected item a body that the same mapping takes when it was mended', () => {
    const one = { ...NESTED, items: 'body.payload.events' };
    const body = {
      region: 'eu',
      long: 'x'.repeat(5_000),
      payload: { events: [{ title: 'good' }, { title: 5 > 3 }, {}] },
    };

    const { rejected } = parsed(source(one).parse(body, NOW));

    expect(rejected.map(({ item }) => item)).toEqual([{ region: 'eu', payload: { events: [{}] } }]);
  });

  it('is chosen by what the body says, by the path, or because there is no other', () => {
    const any = { name: 'any', fields: { alert_name: 'anything' } };
    const both = source(UPTIME, any);

    expect(parsed(both.parse(heartbeat(), NOW)).alerts[0]?.source_system).toBe('uptime');
    expect(parsed(both.parse({ other: 1 }, NOW)).alerts[0]?.source_system).toBe('any');
    expect(parsed(both.variants!.get('any')!.parse(heartbeat(), NOW)).alerts[0]?.source_system).toBe('any');
    expect([...both.variants!.keys()]).toEqual(['uptime', 'any']);
  });

  it("leaves a body in Fixpoint's own fields alone", () => {
    const any = { name: 'any', fields: { alert_name: 'anything' } };

    expect(parsed(source(any).parse({ alert_name: 'Mine' }, NOW)).alerts[0]?.alert_name).toBe('Mine');
  });

  it('tells its bodies apart from those of others only where it says how', () => {
    const both = source(UPTIME, { name: 'any', fields: { alert_name: 'anything' } });

    expect(both.recognizes!(heartbeat())).toBe(true);
    expect(both.recognizes!({ other: 1 })).toBe(false);
  });

  it.each([
    [{}, 'nested.items', 'body.payload is missing'],
    [{ payload: { events: 'none' } }, 'nested.items', 'body.payload.events: expected a list, came a text'],
    [{ payload: { events: [] } }, 'nested.items', 'expected at least one alert, came an empty list'],
    [null, 'nested.items', 'body is null'],
  ])('says where %j has no list', (body, path, message) => {
    const one = { ...NESTED, items: '{{ body.payload.events }}' };

    expect(source(one).variants!.get('nested')!.parse(body, NOW)).toEqual({
      unusable: [{ path, message: expect.stringContaining(message.replace('body.payload.events:', '')) as string }],
    });
  });

  it.each([
    [1795255200, '2026-11-21T10:00:00.000Z'],
    [1795255200123, '2026-11-21T10:00:00.123Z'],
    ['1795255200', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T12:00:00+02:00', '2026-11-21T10:00:00.000Z'],
  ])('takes %j for a time', (at, expected) => {
    expect(parsed(source(UPTIME).parse(heartbeat({ at }), NOW)).alerts[0]?.timestamp).toBe(expected);
  });

  it.each([
    [{ at: -5 }, 'timestamp'],
    [{ at: 1e30 }, 'timestamp'],
    [{ at: 'yesterday' }, 'timestamp'],
    [{ ping: 'fast' }, 'metric_value'],
    [{ ping: [1] }, 'metric_value'],
  ])('refuses %j with the name of the field', (over, path) => {
    expect(source(UPTIME).parse(heartbeat(over), NOW)).toMatchObject({ unusable: [{ path }] });
  });

  it('survives a body that is nested deeper than calls can be', () => {
    const deep = JSON.parse(
      `{"payload": {"events": [{"title": ${'['.repeat(20_000)}1${']'.repeat(20_000)}}]}}`,
    ) as unknown;

    expect(source(NESTED).parse(deep, NOW)).toHaveProperty('unusable');
  });
});

describe('what is wrong with a mapping', () => {
  it.each([
    [{ name: 'x', fields: {} }, 'fields.alert_name', 'alert_name is missing'],
    [{ name: 'X!', fields: { alert_name: 'a' } }, 'name', 'expected small letters'],
    [{ name: 'x', fields: { alert_name: 'body.title', sevrity: 'a' } }, 'fields.sevrity', 'did you mean severity?'],
    [{ name: 'x', fields: { alert_name: 'body.[' } }, 'fields.alert_name', 'at character 6: '],
    [
      { name: 'x', fields: { alert_name: '{{ titel.a }}' } },
      'fields.alert_name',
      'unknown name titel.a; known are body',
    ],
    [{ name: 'x', items: 'item.list', fields: { alert_name: 'a' } }, 'items', 'unknown name item.list; known are body'],
    [{ name: 'x', when: 'body.a and body.b', fields: { alert_name: 'a' } }, 'when', 'at character 8: '],
    [{ name: 'x', fields: { alert_name: 'a', labels: { l: '{{ body.x' } } }, 'fields.labels.l', 'never closed'],
  ])('%j is told at %s', (mapping, path, message) => {
    const problems = schemaProblems(generic.config, { mappings: [mapping] });

    expect(problems.map((problem) => [problem.path.join('.'), problem.message])).toEqual([
      [`mappings.0.${path}`, expect.stringContaining(message)],
    ]);
  });
});
