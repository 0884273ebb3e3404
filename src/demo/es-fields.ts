import type { LogDocument } from './logs.js';

/** A request that Elasticsearch would refuse, with its own error type. */
export class SearchError extends Error {
  readonly status: number;
  readonly type: string;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(type: string, message: string, status = 400, extra: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'SearchError';
    this.status = status;
    this.type = type;
    this.extra = extra;
  }
}

export type FieldType = 'date' | 'keyword' | 'text' | 'ip';

interface Field {
  readonly type: FieldType;
  readonly read: (document: LogDocument) => string;
}

/** The index's mapping, as an ECS template would have it: names are keywords, the message is analysed text. */
export const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ['@timestamp', { type: 'date', read: (document) => document.source['@timestamp'] }],
  ['service.name', { type: 'keyword', read: (document) => document.source.service.name }],
  ['host.name', { type: 'keyword', read: (document) => document.source.host.name }],
  ['host.ip', { type: 'ip', read: (document) => document.source.host.ip }],
  ['log.level', { type: 'keyword', read: (document) => document.source.log.level }],
  ['message', { type: 'text', read: (document) => document.source.message }],
]);

/** The mapping as `GET /index/_mapping` answers it. */
export function mappingJson(): Record<string, unknown> {
  const properties: Record<string, Record<string, unknown>> = {};
  for (const [name, { type }] of FIELDS) {
    const [parent = name, child] = name.split('.');
    if (child === undefined) properties[name] = { type };
    else
      properties[parent] = {
        properties: { ...(properties[parent]?.['properties'] as object | undefined), [child]: { type } },
      }; // built two lines above
  }
  return { properties };
}

/** The words of a text as the standard analyser makes them: lower case, split at everything that is no letter or digit. */
export function analyse(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+(?:['.][\p{L}\p{N}_]+)*/gu) ?? [];
}

/** A value of a query as text; an object or a list is no value. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new SearchError('parsing_exception', `expected a value but found ${JSON.stringify(value) ?? 'nothing'}`);
}

/** Milliseconds of a date as a query writes it: ISO 8601, milliseconds, or date math such as `now-10m/m`. */
export function parseDate(value: unknown, now: number, field: string): number {
  if (typeof value === 'number') return value;
  const text = textOf(value);
  if (/^\d{5,}$/.test(text)) return Number(text);
  const match = /^(now|.+?\|\|)((?:[+-]\d+[smhHdwMy])*)((?:\/[smhHdwMy])?)$/.exec(text);
  const base = match ? (match[1] === 'now' ? now : Date.parse((match[1] ?? '').slice(0, -2))) : Date.parse(text);
  if (Number.isNaN(base)) {
    throw new SearchError(
      'parse_exception',
      `failed to parse date field [${text}] with format [strict_date_optional_time||epoch_millis]: field [${field}]`,
    );
  }
  let at = base;
  for (const [, sign, digits, unit] of (match?.[2] ?? '').matchAll(/([+-])(\d+)([smhHdwMy])/g)) {
    at += (sign === '-' ? -1 : 1) * Number(digits) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  const rounding = UNIT_MS[(match?.[3] ?? '').slice(1)];
  return rounding === undefined ? at : Math.floor(at / rounding) * rounding;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  H: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};

/** Milliseconds of `30s`, `1m`, `1h` or `1d`, as intervals are written. */
export function parseInterval(text: string): number {
  const match = /^(\d+)(ms|[smhd])$/.exec(text);
  const unit = match?.[2] === 'ms' ? 1 : UNIT_MS[match?.[2] ?? ''];
  if (!match || unit === undefined || Number(match[1]) === 0) {
    throw new SearchError(
      'parsing_exception',
      `failed to parse setting [date_histogram.fixedInterval] with value [${text}] as a time value: unit is missing or unrecognized`,
    );
  }
  return Number(match[1]) * unit;
}
