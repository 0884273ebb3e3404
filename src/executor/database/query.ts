import type { DatabaseCheckInput } from './input.js';
import type { Reader } from './session.js';

/** What a step's own query found. */
export interface QueryResult {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly row_count: number;
  /** True when there are more rows than `max_rows`. */
  readonly truncated: boolean;
  /** The first column of the first row; null over no rows. */
  readonly value: unknown;
}

/** A longer text is cut: a record is no place for documents. */
const MAX_TEXT = 1_000;
const MAX_COLUMNS = 100;

/** Types that Postgres sends as text because they may be larger than a double: int8, numeric. */
const NUMBERS: ReadonlySet<number> = new Set([20, 1700]);

/**
 * Runs one SELECT through a cursor: so it can be nothing but one SELECT (Postgres refuses every other statement there, several at once,
 * and writes inside WITH), and no more rows are read than are wanted.
 */
export async function runQuery(reader: Reader, input: DatabaseCheckInput): Promise<QueryResult> {
  const select = (input.query ?? '').trim().replace(/;\s*$/, '');
  await reader.rows(`declare fixpoint_rows no scroll cursor for ${select}`, input.params ?? []);
  const table = await reader.table(`fetch forward ${input.max_rows + 1} from fixpoint_rows`);
  const columns = distinct(table.columns.slice(0, MAX_COLUMNS).map(({ name }) => name));
  const rows = table.rows
    .slice(0, input.max_rows)
    .map((row) => Object.fromEntries(columns.map((name, i) => [name, plain(row[i], table.columns[i]?.type)])));
  const [first] = columns;
  return {
    columns,
    rows,
    row_count: rows.length,
    truncated: table.rows.length > input.max_rows,
    value: first === undefined ? null : (rows[0]?.[first] ?? null),
  };
}

/** `count`, `count` becomes `count`, `count_2`. */
function distinct(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let i = 2; seen.has(free); i++) free = `${name}_${i}`;
    seen.add(free);
    return free;
  });
}

/** A value as JSON: instants in UTC, numbers as numbers where a double can hold them, bytes by their length alone. */
function plain(value: unknown, type?: number): unknown {
  if (value === null || value === undefined || typeof value === 'boolean') return value ?? null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Buffer.isBuffer(value)) return `${value.length} bytes`;
  if (typeof value === 'string') {
    const number = type !== undefined && NUMBERS.has(type) ? Number(value) : NaN;
    if (Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER) return number;
    return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  }
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => plain(item));
  const json = JSON.stringify(value);
  return json.length > MAX_TEXT ? `${json.slice(0, MAX_TEXT)}…` : (JSON.parse(json) as unknown);
}
