import { z } from 'zod';
import type { ElasticsearchConfig } from './config.js';

/** More of a line is not kept in a record. */
const MAX_MESSAGE = 1_000;
const MAX_OTHER = 200;

const Hit = z.object({ _source: z.record(z.string(), z.unknown()).nullish() });

/** One log line, as it is shown to people. */
export interface Sample {
  readonly timestamp: string | null;
  readonly level: string | null;
  readonly message: string | null;
  readonly host: string | null;
}

/** The names to fetch for samples: nothing else of a document leaves the cluster. */
export function sampledFields(config: ElasticsearchConfig): string[] {
  const { host, message, level, timestamp } = config.fields;
  return [...new Set([timestamp, ...level, ...message, ...host])];
}

/** Reads one hit: cut, and with what looks like a credential taken out. */
export function readSample(hit: unknown, config: ElasticsearchConfig): Sample {
  const source = Hit.safeParse(hit).data?._source ?? {};
  const { host, message, level, timestamp } = config.fields;
  const text = firstText(source, message);
  return {
    timestamp: instantOf(firstText(source, [timestamp])),
    level: shorten(firstText(source, level), MAX_OTHER),
    message: text === null ? null : shorten(withoutCredentials(text.slice(0, MAX_MESSAGE * 4)), MAX_MESSAGE),
    host: shorten(firstText(source, host), MAX_OTHER),
  };
}

/** Hides the values of passwords, tokens and keys, bearer headers and credentials in addresses: log lines are full of them. */
export function withoutCredentials(line: string): string {
  return line
    .replace(/\b(authorization["']?\s*[:=]\s*["']?)((bearer|basic|token|apikey)\s+)?[^\s"',;]+/gi, '$1***')
    .replace(/\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi, '$1 ***')
    .replace(
      /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|cookie)["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi,
      '$1***',
    )
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s/@]+@/gi, '$1***@');
}

function firstText(source: Readonly<Record<string, unknown>>, fields: readonly string[]): string | null {
  for (const field of fields) {
    const value = valueAt(source, field.split('.'));
    const one: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof one === 'string' && one !== '') return one;
    if (typeof one === 'number' || typeof one === 'boolean') return String(one);
  }
  return null;
}

/** A document may write `log.level` as one name or as an object in an object, or a mixture. */
function valueAt(source: unknown, path: readonly string[]): unknown {
  if (path.length === 0) return source;
  if (typeof source !== 'object' || source === null) return undefined;
  for (let length = path.length; length > 0; length--) {
    const name = path.slice(0, length).join('.');
    if (!Object.hasOwn(source, name)) continue;
    const found = valueAt((source as Record<string, unknown>)[name], path.slice(length)); // any object may be asked for any key
    if (found !== undefined) return found;
  }
  return undefined;
}

function instantOf(text: string | null): string | null {
  if (text === null) return null;
  const ms = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(ms) ? text.slice(0, MAX_OTHER) : new Date(ms).toISOString();
}

function shorten(text: string | null, length: number): string | null {
  return text !== null && text.length > length ? `${text.slice(0, length)}…` : text;
}
