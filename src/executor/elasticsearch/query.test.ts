import { describe, expect, it } from 'vitest';
import { ElasticsearchConfig } from './config.js';
import { readFieldCaps } from './fields.js';
import { buildClauses } from './query.js';
import type { Clauses, Wish } from './query.js';

const CONFIG = ElasticsearchConfig.parse({
  url: 'http://es:9200',
  fields: { service: 'app', level: 'level', host: 'ip' },
});
const WISH: Wish = {
  service: 'shop',
  host: null,
  keywords: [],
  from: '2026-11-21T09:50:00.000Z',
  to: '2026-11-21T10:00:00.000Z',
};

/** The clauses for indices `a` and `b` whose fields are mapped like this. */
function clausesFor(fields: Record<string, Record<string, { indices?: string[] }>>, over: Partial<Wish> = {}): Clauses {
  return buildClauses(CONFIG, readFieldCaps({ indices: ['a', 'b'], fields }), { ...WISH, ...over });
}

function serviceOf(clauses: Clauses): unknown {
  const { bool } = clauses.lines as { bool: { filter: unknown[] } };
  return bool.filter[1];
}

describe('the service', () => {
  it('is asked for exactly where it is a keyword', () => {
    expect(serviceOf(clausesFor({ app: { keyword: {} } }))).toEqual({ term: { app: 'shop' } });
  });

  it('is asked for by the keyword below a text, whose words would match too much', () => {
    const clauses = clausesFor({ app: { text: {} }, 'app.keyword': { keyword: {} } });

    expect(serviceOf(clauses)).toEqual({ term: { 'app.keyword': 'shop' } });
    expect(clauses.notes.join()).not.toContain('words only');
  });

  it('is asked for by its words only in the indices that have nothing better', () => {
    const clauses = clausesFor({
      app: { text: {} },
      'app.keyword': { keyword: { indices: ['a'] }, unmapped: { indices: ['b'] } },
    });

    expect(serviceOf(clauses)).toEqual({
      bool: {
        should: [
          { bool: { filter: [{ terms: { _index: ['a'] } }, { term: { 'app.keyword': 'shop' } }] } },
          { bool: { filter: [{ terms: { _index: ['b'] } }, { match_phrase: { app: 'shop' } }] } },
        ],
        minimum_should_match: 1,
      },
    });
    expect(clauses.notes.join()).toContain('words only');
  });

  it('is found nowhere when no index has its field, and that is said', () => {
    const clauses = clausesFor({ message: { text: {} } });

    expect(serviceOf(clauses)).toEqual({ match_none: {} });
    expect(clauses.notes.join()).toContain('executors.elasticsearch.fields.service');
  });
});

describe('the host', () => {
  const fields = { app: { keyword: {} }, ip: { ip: {} } };

  it('is asked of an address field only when it is an address', () => {
    const [address, name] = ['10.0.0.7', 'web-1'].map((host) => JSON.stringify(clausesFor(fields, { host }).lines));

    expect(address).toContain('{"term":{"ip":"10.0.0.7"}}');
    expect(name).toContain('match_none');
  });
});

describe('an error line', () => {
  it('is told by its words where no line has a level', () => {
    expect(clausesFor({ message: { text: {} } }).errors).toEqual({
      match: { message: { query: 'error exception failed fatal panic', operator: 'or' } },
    });
  });

  it('is told by its words where levels are numbers that nobody explained', () => {
    const { errors } = clausesFor({ message: { text: {} }, level: { long: {} } });

    expect(JSON.stringify(errors)).not.toContain('level');
  });

  it('is told by its level first, in any case', () => {
    const { errors } = clausesFor({ message: { text: {} }, level: { keyword: {} } });

    const text = JSON.stringify(errors);
    for (const level of ['error', 'ERROR', 'Error', 'fatal']) expect(text).toContain(`"${level}"`);
    expect(text).toContain('"must_not":[{"exists":{"field":"level"}}]');
  });

  it('is a level that no text can outvote: what holds a level is judged by it alone', () => {
    const { errors } = clausesFor({ message: { keyword: {} }, level: { keyword: {} } });

    expect(errors).toMatchObject({
      bool: { should: [{ terms: {} }, { bool: { must_not: [{}], filter: [{ regexp: {} }] } }] },
    });
  });
});

it('escapes what a keyword has in common with a wildcard', () => {
  const clauses = clausesFor({ message: { keyword: {} } }, { keywords: ['100 * a?\\'] });

  expect(clauses.keywords).toEqual({
    wildcard: { message: { value: '*100 \\* a\\?\\\\*', case_insensitive: true } },
  });
});
