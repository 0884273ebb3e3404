import type { ElasticsearchConfig } from './config.js';
import { anyOf, exactUses, within } from './fields.js';
import type { Clause, FieldUse, KnownFields } from './fields.js';

/** Words that make a line without a level an error line: whole words, in any case. */
const ERROR_WORDS = ['error', 'exception', 'failed', 'fatal', 'panic'] as const;

/** Which lines are asked for. Instants are RFC 3339. */
export interface Wish {
  readonly service: string;
  readonly host: string | null;
  readonly keywords: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** The clauses that a wish becomes, and what a reader should know about them. */
export interface Clauses {
  /** All lines of the service, host and window: the denominator. */
  readonly lines: Clause;
  readonly errors: Clause;
  /** Null when no keyword was asked for. */
  readonly keywords: Clause | null;
  readonly notes: readonly string[];
}

/** All field names that a query may touch. */
export function queriedFields(config: ElasticsearchConfig): string[] {
  const { service, host, message, level, timestamp } = config.fields;
  return [...service, ...host, ...message, ...level, timestamp];
}

/**
 * Builds the clauses, by what the mappings are known to be. Without that knowledge they are written so that they work on any mapping,
 * at the price that a service whose name contains the wanted one is counted as well; the notes say so.
 */
export function buildClauses(config: ElasticsearchConfig, known: KnownFields | null, wish: Wish): Clauses {
  const { fields } = config;
  const range = { gte: wish.from, lt: wish.to, format: 'strict_date_optional_time' };
  const service = valueClause(known, fields.service, wish.service);
  const host = wish.host === null ? null : valueClause(known, fields.host, wish.host);
  const filter = [{ range: { [fields.timestamp]: range } }, service, ...(host === null ? [] : [host])];
  return {
    lines: { bool: { filter } },
    errors: errorClause(config, known),
    keywords: wish.keywords.length === 0 ? null : keywordClause(known, fields.message, wish.keywords),
    notes: notesAbout(config, known),
  };
}

/** A field that has exactly this value; where it is only known as words, these words next to each other. */
function valueClause(known: KnownFields | null, fields: readonly string[], value: string): Clause {
  if (known === null) return phraseAnywhere(fields, value);
  const clauses: Clause[] = [];
  for (const field of fields)
    for (const use of exactUses(known, field)) {
      if (use.way === 'text') clauses.push(within(use, { match_phrase: { [use.field]: value } }));
      else if (use.way === 'exact') clauses.push(within(use, { term: { [use.field]: value } }));
      else if (use.way === 'ip' && isAddress(value)) clauses.push(within(use, { term: { [use.field]: value } }));
    }
  return anyOf(clauses);
}

/** `lenient`, because a field may turn out to hold addresses or numbers. */
function phraseAnywhere(fields: readonly string[], value: string): Clause {
  const names = fields.flatMap((field) => [field, `${field}.keyword`]);
  return { multi_match: { query: value, fields: names, type: 'phrase', lenient: true } };
}

/** By its level where a line has one, else by the words of its message. */
function errorClause(config: ElasticsearchConfig, known: KnownFields | null): Clause {
  const { level, message } = config.fields;
  const words = config.error_levels.filter((each) => typeof each === 'string');
  const numbers = config.error_levels.filter((each) => typeof each === 'number');
  const bad: Clause[] = [];
  const present: Clause[] = [];
  for (const field of level) {
    if (known === null) {
      for (const value of inAnyCase(words)) bad.push({ match: { [field]: { query: value, lenient: true } } });
      present.push({ exists: { field } });
      continue;
    }
    for (const use of exactUses(known, field)) {
      const clause = levelClause(use, words, numbers);
      if (clause === null) continue;
      bad.push(within(use, clause));
      present.push(within(use, { exists: { field: use.field } }));
    }
  }
  const byWords = wordClause(known, message);
  if (bad.length === 0) return byWords;
  return anyOf([...bad, { bool: { must_not: present, filter: [byWords] } }]);
}

/** Null when the field cannot tell an error: numbers mean different things in different logs, so they count only where they are configured. */
function levelClause(use: FieldUse, words: readonly string[], numbers: readonly number[]): Clause | null {
  if (use.way === 'number') return numbers.length === 0 ? null : { terms: { [use.field]: numbers } };
  if (words.length === 0 || use.way === 'ip') return null;
  if (use.way === 'text') return { match: { [use.field]: { query: words.join(' '), operator: 'or' } } };
  return { terms: { [use.field]: inAnyCase(words) } };
}

function wordClause(known: KnownFields | null, messages: readonly string[]): Clause {
  const clauses: Clause[] = [];
  for (const field of messages)
    for (const use of messageUses(known, field)) {
      if (use.way === 'text')
        clauses.push(within(use, { match: { [use.field]: { query: ERROR_WORDS.join(' '), operator: 'or' } } }));
      else {
        const value = `(.*[^a-zA-Z0-9_])?(${ERROR_WORDS.join('|')})([^a-zA-Z0-9_].*)?`;
        clauses.push(within(use, { regexp: { [use.field]: { value, case_insensitive: true } } }));
      }
    }
  return anyOf(clauses);
}

function keywordClause(known: KnownFields | null, messages: readonly string[], keywords: readonly string[]): Clause {
  const clauses: Clause[] = [];
  for (const field of messages)
    for (const use of messageUses(known, field))
      for (const keyword of keywords)
        clauses.push(
          within(
            use,
            use.way === 'text'
              ? { match_phrase: { [use.field]: keyword } }
              : {
                  wildcard: {
                    [use.field]: { value: `*${keyword.replace(/[*?\\]/g, '\\$&')}*`, case_insensitive: true },
                  },
                },
          ),
        );
  return anyOf(clauses);
}

/** A message is best asked by its words; only where it is not analyzed at all, by its characters. */
function messageUses(known: KnownFields | null, field: string): FieldUse[] {
  if (known === null) return [{ field, way: 'text', indices: null }];
  return (known.uses.get(field) ?? []).filter((use) => use.way === 'text' || use.way === 'exact');
}

function notesAbout(config: ElasticsearchConfig, known: KnownFields | null): string[] {
  const { service, message, timestamp } = config.fields;
  if (known === null)
    return [
      'the cluster does not tell how its fields are mapped: a service whose name contains this one may be counted too',
    ];
  if (known.indices.length === 0) return [];
  const notes: string[] = [];
  const uses = service.flatMap((field) => exactUses(known, field));
  if (uses.length === 0)
    notes.push(`no index has any of the fields ${service.join(', ')}: see executors.elasticsearch.fields.service`);
  for (const use of uses)
    if (use.way === 'text')
      notes.push(`${use.field} is known by its words only: a service whose name contains this one is counted too`);
  if (!message.some((field) => known.uses.has(field)))
    notes.push(`no index has the field ${message.join(' or ')}: see executors.elasticsearch.fields.message`);
  // A date is of no way that values are asked by, so it is looked for by its name alone.
  if (known.uses.has(timestamp))
    notes.push(`${timestamp} is not mapped as a date: see executors.elasticsearch.fields.timestamp`);
  return [...new Set(notes)];
}

function inAnyCase(words: readonly string[]): string[] {
  const all = words.flatMap((word) => {
    const lower = word.toLowerCase();
    return [word, lower, lower.toUpperCase(), lower.charAt(0).toUpperCase() + lower.slice(1)];
  });
  return [...new Set(all)];
}

function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);
}
