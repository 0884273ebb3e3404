import { z } from 'zod';
import { messageOf } from '../../domain/errors.js';
import type { ErrorDetail } from '../../domain/errors.js';
import { MissingValue } from '../../domain/expression/expression.js';
import type { Scope } from '../../domain/expression/expression.js';
import { compileBare, compileField, expressionText } from '../../domain/alert/field-expression.js';
import type { FieldExpression } from '../../domain/alert/field-expression.js';
import { parseQuantity } from '../../domain/alert/quantity.js';
import type { Foreign } from '../foreign.js';
import { came, complain, isForeign, place } from '../foreign.js';

const ROOTS: readonly string[] = ['body', 'item', 'index'];
const BODY_ROOTS: readonly string[] = ['body'];

const FieldText = expressionText((text) => compileField(text, ROOTS));
const Name = z.string().min(1).max(200);
const FieldTexts = z.record(Name, FieldText).refine((map) => Object.keys(map).length <= 200, 'expected at most 200');

/** How the fields of an alert are found in somebody else's JSON. */
export const MappingConfig = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]*$/, 'expected small letters, digits, _ and -')
    .max(60)
    .describe('The last part of its own path: /api/v1/webhooks/generic/NAME'),
  when: expressionText((text) => compileBare(text, BODY_ROOTS))
    .optional()
    .describe('Bodies that are taken without being named by the path; unset: all'),
  items: expressionText((text) => compileBare(text, BODY_ROOTS))
    .optional()
    .describe('The list of alerts in the body; unset: the body is one alert'),
  fields: z
    .strictObject({
      alert_name: FieldText,
      source_system: FieldText.optional().describe('Default: the name of the mapping'),
      severity: FieldText.optional(),
      status: FieldText.optional().describe('firing or resolved, or a word that means it; default firing'),
      service_name: FieldText.optional(),
      host_ip: FieldText.optional(),
      metric_value: FieldText.optional().describe('A number, or a text such as 12.5 %'),
      metric_unit: FieldText.optional(),
      timestamp: FieldText.optional().describe('RFC 3339, or seconds or milliseconds since 1970'),
      ends_at: FieldText.optional(),
      description: FieldText.optional(),
      fingerprint: FieldText.optional().describe('What tells it from others, over time'),
      occurrence_id: FieldText.optional(),
      group_key: FieldText.optional(),
      labels: FieldTexts.optional(),
      annotations: FieldTexts.optional(),
      links: FieldTexts.optional(),
    })
    .describe('CEL over body, item and index, with or without {{ }}; what names none of them is text'),
});
export type MappingConfig = z.infer<typeof MappingConfig>;

/** The setting `mappings`. */
export const Mappings = z
  .array(MappingConfig)
  .max(200)
  .superRefine((mappings, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of mappings.entries()) {
      if (seen.has(name))
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `there is another ${name}` });
      seen.add(name);
    }
  });

/** A mapping made ready. */
export interface Mapping {
  readonly name: string;
  /** True when it is for this body; `always` where it does not say. */
  takes(body: unknown): boolean;
  readonly always: boolean;
  /** The items of a body; a complaint when there is no list where one should be. */
  itemsOf(body: unknown, details: ErrorDetail[]): readonly unknown[];
  /** Where the items stand, for the places of complaints. */
  readonly at: string;
  /** An item as the alert's fields in their own names. Complaints name the field. */
  read(body: unknown, item: unknown, index: number, at: string, details: ErrorDetail[]): Foreign;
  /** A body with these items alone, for the dead letters. */
  wrap(body: unknown, items: readonly unknown[]): unknown;
}

const TEXT_FIELDS = [
  'alert_name',
  'source_system',
  'severity',
  'service_name',
  'host_ip',
  'metric_unit',
  'description',
  'fingerprint',
  'occurrence_id',
  'group_key',
] as const;
const MAP_FIELDS = ['labels', 'annotations', 'links'] as const;

/** Compiles a mapping that has been checked. */
export function compileMapping(config: MappingConfig): Mapping {
  const { name, fields } = config;
  const when = config.when === undefined ? null : compileBare(config.when, BODY_ROOTS);
  const items = config.items === undefined ? null : compileBare(config.items, BODY_ROOTS);
  const texts = TEXT_FIELDS.map((key) => ({ key, value: optional(fields[key]) }));
  const value = optional(fields.metric_value);
  const status = optional(fields.status);
  const times = (['timestamp', 'ends_at'] as const).map((key) => ({ key, value: optional(fields[key]) }));
  const maps = MAP_FIELDS.map((key) => ({
    key,
    entries: Object.entries(fields[key] ?? {}).map(([label, text]) => ({ label, value: compileField(text, ROOTS) })),
  }));
  const path = pathOf(config.items);
  return {
    name,
    always: when === null,
    takes: (body) => when === null || isTrue(when, { body }),
    at: items === null ? '' : `${name}.items`,
    itemsOf: (body, details) => (items === null ? [body] : listOf(items, body, name, details)),
    read(body, item, index, at, details) {
      const scope = { body, item, index };
      const read: Record<string, unknown> = { source_system: name };
      for (const { key, value: field } of texts) put(read, key, field, scope, at, details, asText);
      put(read, 'status', status, scope, at, details, asStatus);
      for (const { key, value: field } of times) put(read, key, field, scope, at, details, asTime);
      putMetric(read, value, scope, at, details);
      for (const { key, entries } of maps) {
        const found: Record<string, unknown> = Object.create(null) as Record<string, unknown>; // any label may come
        for (const { label, value: field } of entries) put(found, label, field, scope, place(at, key), details, asText);
        read[key] = found;
      }
      return read;
    },
    wrap: (body, rejected) =>
      path === null ? (rejected.length === 1 ? rejected[0] : rejected) : inPlace(body, path, rejected),
  };
}

function optional(text: string | undefined): FieldExpression | null {
  return text === undefined ? null : compileField(text, ROOTS);
}

function isTrue(when: FieldExpression, scope: Scope): boolean {
  try {
    return when.evaluate(scope) === true;
  } catch {
    return false; // another system's body: what it lacks says that this mapping is not for it
  }
}

function listOf(items: FieldExpression, body: unknown, name: string, details: ErrorDetail[]): readonly unknown[] {
  try {
    const list = items.evaluate({ body });
    if (Array.isArray(list)) return list;
    complain(details, `${name}.items`, `${items.text}: expected a list, came ${came(list)}`);
  } catch (error) {
    complain(details, `${name}.items`, messageOf(error));
  }
  return [];
}

/** What is not there leaves the field out, as in a body that says nothing of it; everything else that keeps it from having a value is told. */
function put(
  into: Record<string, unknown>,
  key: string,
  field: FieldExpression | null,
  scope: Scope,
  at: string,
  details: ErrorDetail[],
  as: (value: unknown) => unknown,
): void {
  const value = valueOf(field, scope, place(at, key), details);
  if (value === null || value === '') return;
  const taken = as(value);
  if (taken === undefined)
    complain(details, place(at, key), `${field?.text ?? ''}: ${expectedBy(as)}, came ${came(value)}`);
  else into[key] = taken;
}

function valueOf(field: FieldExpression | null, scope: Scope, path: string, details: ErrorDetail[]): unknown {
  if (field === null) return null;
  try {
    return field.evaluate(scope) ?? null;
  } catch (error) {
    if (!(error instanceof MissingValue)) complain(details, path, messageOf(error));
    return null;
  }
}

/** Numbers, true and false have one way to be written. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

const RESOLVED = new Set(
  'resolved ok okay closed close normal recovered recovery clear cleared up success inactive end ended'.split(' '),
);
const FIRING = new Set('firing problem alerting alert triggered trigger open opened active down failed failing failure error critical warning start started pending'.split(' ')); // prettier-ignore

function asStatus(value: unknown): 'firing' | 'resolved' | undefined {
  if (typeof value === 'boolean') return value ? 'firing' : 'resolved';
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (RESOLVED.has(word)) return 'resolved';
  return FIRING.has(word) ? 'firing' : undefined;
}

/** Later than any number of seconds that an instant of our time has, and earlier than its milliseconds. */
const MILLISECONDS_FROM = 1e11;
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Text stays as it is, to be judged as every time is. */
function asTime(value: unknown): string | undefined {
  const number = typeof value === 'string' && /^\d{9,13}(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number') return typeof number === 'string' ? number : undefined;
  const ms = Math.floor(Math.abs(number) < MILLISECONDS_FROM ? number * 1_000 : number);
  return ms >= 0 && ms <= LAST_MS ? new Date(ms).toISOString() : undefined;
}

function expectedBy(as: (value: unknown) => unknown): string {
  if (as === asStatus) return 'expected firing or resolved, or a word that means it';
  return as === asTime ? 'expected a time' : 'expected a text';
}

function putMetric(
  read: Record<string, unknown>,
  field: FieldExpression | null,
  scope: Scope,
  at: string,
  details: ErrorDetail[],
): void {
  const value = valueOf(field, scope, place(at, 'metric_value'), details);
  if (value === null || value === '') return;
  const quantity = typeof value === 'string' ? parseQuantity(value) : null;
  if (typeof value === 'number') read['metric_value'] = value;
  else if (quantity === null)
    complain(details, place(at, 'metric_value'), `${field?.text ?? ''}: expected a number, came ${came(value)}`);
  else {
    read['metric_value'] = quantity.value;
    if (quantity.unit !== null) read['metric_unit'] ??= quantity.unit;
  }
}

/** `body.events.list` as its keys; null for what is no plain path, which nothing can be put back to. */
function pathOf(items: string | undefined): readonly string[] | null {
  const text = /^\s*(?:\{\{)?\s*body((?:\.[A-Za-z_]\w*)*)\s*(?:\}\})?\s*$/.exec(items ?? '')?.[1];
  return text === undefined ? null : text.split('.').slice(1);
}

/** Long values stay behind, or many rejected items would multiply them. */
function inPlace(body: unknown, path: readonly string[], items: readonly unknown[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return items;
  const kept = isForeign(body) ? Object.entries(body).filter(([name, value]) => name !== key && isShort(value)) : [];
  const inner = isForeign(body) && Object.hasOwn(body, key) ? body[key] : undefined;
  return Object.fromEntries([...kept.slice(0, 50), [key, inPlace(inner, rest, items)]]);
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 1_000;
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}
