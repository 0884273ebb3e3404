import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Alert } from '../domain/alert/alert.js';
import type { ParsedAlert } from '../domain/alert/alert.js';
import type { Source } from '../domain/source.js';
import { sources } from './registry.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const FIXTURES = join(import.meta.dirname, '../../test/fixture');
const PAYLOADS = join(FIXTURES, 'payloads');
const RUNS = 300;
/** Of each documented body: there are many, and they are read by the same functions. */
const SOME_RUNS = 50;

const recorded = readdirSync(PAYLOADS).map((file) => ({
  file,
  source: file.startsWith('zabbix') ? 'zabbix' : 'alertmanager',
  body: JSON.parse(readFileSync(join(PAYLOADS, file), 'utf8')) as unknown,
}));
/** Bodies that stand in a folder of their source's name. */
const documented = sources.flatMap(({ name }) => {
  const folder = join(FIXTURES, name);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  return files.map((file) => ({
    file: `${name}/${file}`,
    source: name,
    body: JSON.parse(readFileSync(join(folder, file), 'utf8')) as unknown,
  }));
});
const GENERIC = {
  alerts: [
    {
      alert_name: 'a',
      severity: 'critical',
      status: 'firing',
      metric_value: 1.5,
      labels: { a: 'b' },
      links: { x: 'https://x' },
    },
    { alert_name: 'b', timestamp: '2026-11-21T09:00:00Z', ends_at: null, host_ip: '[::1]:80', annotations: { c: 'd' } },
  ],
};

function parser(name: string): Source {
  const module = sources.find((one) => one.name === name)!;
  return module.create(module.config.parse(undefined));
}

function stamped(alert: ParsedAlert): Alert {
  return { ...alert, alert_id: '01KAJ000000000000000000000', received_at: '2026-11-21T10:00:00.000Z' };
}

/** A change somewhere in a JSON document, found by a path of numbers. */
type Mutate = (body: unknown) => unknown;

const ODD = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom<unknown>(
    null,
    undefined,
    0,
    -1,
    1e308,
    Infinity,
    '',
    '\u0000',
    '\ud800',
    '*UNKNOWN*',
    '{EVENT.ID}',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.9999999999-12:00',
    '2026-02-30T00:00:00Z',
    'javascript:alert(1)',
    '[[[',
    [],
    {},
    [null],
    JSON.parse('{"__proto__":"x","constructor":{"prototype":1}}'),
    'x'.repeat(70_000),
  ),
);
const KEY = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'alertname',
  'labels',
  '',
  'a\u0000',
  'length',
  'tag',
);

/** Walks down by the numbers; there replaces, removes or adds. */
const MUTATION: fc.Arbitrary<Mutate> = fc
  .record({
    steps: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 6 }),
    how: fc.constantFrom('replace', 'remove', 'add'),
    value: ODD,
    key: KEY,
  })
  .map(
    ({ steps, how, value, key }) =>
      (body: unknown) =>
        mutate(body, steps, how, key, value),
  );

function mutate(body: unknown, steps: readonly number[], how: string, key: string, value: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof body !== 'object' || body === null) return value;
  const entries = Object.entries(body);
  const place = step % (entries.length + 1);
  const chosen = entries[place];
  let changed = entries;
  if (how === 'add' && rest.length === 0) changed = [...entries, [key, value]];
  else if (how === 'remove' && rest.length === 0) changed = entries.filter((_, index) => index !== place);
  else if (chosen) changed = entries.with(place, [chosen[0], mutate(chosen[1], rest, how, key, value)]);
  return Array.isArray(body) ? changed.map(([, item]) => item) : Object.fromEntries(changed);
}

describe.each([...recorded, ...documented, { file: 'generic', source: 'generic', body: GENERIC }])(
  '$file',
  ({ file, source, body }) => {
    it('is recognized by its own source and no other', () => {
      expect(sources.filter((module) => module.recognizes(body)).map(({ name }) => name)).toEqual([source]);
    });

    it('is understood, with alerts that are whole', () => {
      const result = parser(source).parse(body, NOW);
      if ('unusable' in result) throw new Error(JSON.stringify(result.unusable));

      expect(result.rejected).toEqual([]);
      expect(result.alerts.length > 0 || result.aside === true).toBe(true);
      for (const alert of result.alerts) expect(Alert.safeParse(stamped(alert)).error).toBeUndefined();
    });

    it('whatever is changed in it, is parsed without a throw into valid alerts and told complaints', () => {
      const parse = parser(source);
      fc.assert(
        fc.property(fc.array(MUTATION, { minLength: 1, maxLength: 4 }), (mutations) => {
          const mutated = mutations.reduce((one, change) => change(one), body);
          const before = JSON.stringify(mutated);
          const result = parse.parse(mutated, NOW);

          if ('unusable' in result) {
            expect(result.unusable.length).toBeGreaterThan(0);
          } else {
            for (const alert of result.alerts) expect(Alert.safeParse(stamped(alert)).error).toBeUndefined();
            for (const item of result.rejected) expect(item.details.length).toBeGreaterThan(0);
            expect(JSON.stringify(result.alerts)).not.toMatch(/\\u0000|\\ud[89a-f]/);
          }
          expect(JSON.stringify(mutated)).toBe(before);
          for (const module of sources) expect(typeof module.recognizes(mutated)).toBe('boolean');
        }),
        { numRuns: file.includes('/') ? SOME_RUNS : RUNS },
      );
    });
  },
);

describe('a group of alerts', () => {
  it('keeps every valid neighbour of a changed one, in its order', () => {
    const group = recorded.find(({ file }) => file.startsWith('alertmanager-firing-grouped-4'))!.body as {
      alerts: Record<string, unknown>[];
    };
    const parse = parser('alertmanager');
    fc.assert(
      fc.property(fc.nat(3), MUTATION, (index, change) => {
        const alerts = group.alerts.with(index, change(group.alerts[index]) as Record<string, unknown>);
        const result = parse.parse({ ...group, alerts }, NOW);
        if ('unusable' in result) throw new Error('three of four are valid');

        const others = group.alerts.filter((_, place) => place !== index).map((alert) => alert['fingerprint']);
        const kept = result.alerts
          .map((alert) => alert.fingerprint)
          .filter((_, place) => result.rejected.length > 0 || place !== index);
        expect(kept).toEqual(others);
        expect(result.alerts.length + result.rejected.length).toBe(4);
      }),
      { numRuns: 2 * RUNS },
    );
  });
});

describe('anything at all', () => {
  it.each(sources.map((module) => [module.name]))('is parsed by %s without a throw', (name) => {
    const parse = parser(name);
    fc.assert(
      fc.property(ODD, (payload) => {
        const result = parse.parse(payload, NOW);
        if (!('unusable' in result))
          for (const alert of result.alerts) expect(Alert.safeParse(stamped(alert)).success).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('that is nested deeper than calls can be, too', () => {
    const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`) as unknown;

    for (const { name } of sources) {
      expect(parser(name).parse({ alerts: [deep, { labels: deep }], data: deep, event_id: deep }, NOW)).toHaveProperty(
        'unusable',
      );
    }
  });

  it('works without configuration, and refuses a key that it does not know', () => {
    for (const module of sources) {
      expect(module.config.safeParse(undefined).success).toBe(true);
      expect(module.config.safeParse({}).success).toBe(true);
      expect(module.config.safeParse({ nonsense: 1 }).success).toBe(false);
    }
  });
});
