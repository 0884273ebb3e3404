import type { Queryable } from './db.js';

/**
 * Everything that makes an installation. Left out are the ledger of migrations, which an import checks instead, leases and locks of
 * processes, which mean nothing elsewhere, and bodies of deliveries: nothing depends on them, they are old in a week, and often more than all
 * the rest.
 */
export const TABLES = [
  'tokens',
  'settings',
  'playbook_versions',
  'service_writes',
  'audit',
  'dead_letters',
  'occurrences',
  'alerts',
  'repeats',
  'runs',
  'run_changes',
  'approvals',
  'outbox',
  'deliveries',
  'suppressions',
  'inhibition_sources',
  'incidents',
  'incident_keys',
  'incident_alerts',
  'incident_runs',
  'incident_entries',
  'budgets',
  'storm_counts',
  'storms',
  'unmatched',
  'rule_versions',
  'rule_counts',
] as const;
export type TableName = (typeof TABLES)[number];

export interface Column {
  readonly name: string;
  /** As Postgres writes it: `text`, `timestamp with time zone` … */
  readonly type: string;
  readonly not_null: boolean;
}

/** A table as the database has it: columns that a later migration adds are carried without a line of code. */
export interface Layout {
  readonly table: TableName;
  readonly columns: readonly Column[];
  /** The columns of its primary key, in their order. */
  readonly key: readonly Column[];
}

/** Bytes of one page, and rows of it; a single row may be longer. */
const PAGE_BYTES = 4 * 1024 * 1024;
const FIRST_ROWS = 32;
const MAX_ROWS = 1_000;

/** How the tables look in this database. */
export async function readLayouts(db: Queryable): Promise<Layout[]> {
  const rows = await db.query<{ name: TableName; columns: Column[]; key: string[] }>({
    text: `select relname as name,
        (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, null), 'not_null', attnotnull) order by attnum)
          from pg_attribute where attrelid = pg_class.oid and attnum > 0 and not attisdropped) as columns,
        (select json_agg(attname order by place) from pg_index, unnest(indkey) with ordinality as part (num, place)
          join pg_attribute on attnum = num where indrelid = pg_class.oid and indisprimary and attrelid = pg_class.oid) as key
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind = 'r' and nspname = current_schema() and relname = any($1::text[])`,
    values: [[...TABLES]],
  });
  return TABLES.map((table) => {
    const found = rows.find((row) => row.name === table);
    if (!found) throw new Error(`the database has no table ${table}`);
    const key = found.key.map((name) => found.columns.find((column) => column.name === name));
    return { table, columns: found.columns, key: key.filter((column) => column !== undefined) };
  });
}

/** Whether the table has any row. */
export async function isEmpty(db: Queryable, table: TableName): Promise<boolean> {
  const [row] = await db.query<{ empty: boolean }>({ text: `select not exists (select from ${table}) as empty` });
  return row?.empty ?? false;
}

/** All rows as JSON objects, page by page in the order of the key. A page is as large as fits into some megabytes. */
export async function* pagesOf(db: Queryable, layout: Layout): AsyncGenerator<string[]> {
  let after: string[] | null = null;
  for (let limit = FIRST_ROWS; ;) {
    const rows: { line: string; key: string[] }[] = await db.query<{ line: string; key: string[] }>({
      text: pageStatement(layout, after !== null),
      values: [PAGE_BYTES, limit, ...(after ?? [])],
    });
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => row.line);
    after = last.key;
    // Rows that did not fit were read for nothing, so as many are asked for as fitted.
    limit = rows.length < limit ? rows.length : Math.min(limit * 2, MAX_ROWS);
  }
}

function pageStatement({ table, columns, key }: Layout, goesOn: boolean): string {
  const names = key.map(({ name }) => name).join(', ');
  const places = key.map(({ type }, index) => `$${index + 3}::text::${type}`).join(', ');
  return `select line, key from (
      select line, key, place, sum(octet_length(line)) over (order by place) - octet_length(line) as before from (
        select row_to_json(whole)::text as line, (select json_build_array(${key.map(({ name }) => `whole.${name}::text`).join(', ')})) as key,
          row_number() over (order by ${names}) as place
        from (select ${columns.map(exported).join(', ')} from ${table} ${goesOn ? `where (${names}) > (${places})` : ''} order by ${names} limit $2) as whole
      ) as lines
    ) as sized where before < $1 order by place`;
}

/** In a row as JSON, a JSON null and no value look the same. Where the column cannot be without a value it is the former. */
function exported({ name, type, not_null }: Column): string {
  return not_null && type.startsWith('json') ? `coalesce(${name}, 'null') as ${name}` : name;
}

/** What is wrong with a value for its column; null when nothing is. */
export function faultOf({ type, not_null }: Column, value: unknown): string | null {
  if (type === 'json' || type === 'jsonb') return value === undefined ? 'expected JSON' : null;
  if (value === null) return not_null ? `expected a value of type ${type}, came null` : null;
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'expected true or false';
    case 'integer':
    case 'bigint':
    case 'smallint':
      return Number.isSafeInteger(value) ? null : 'expected a whole number';
    case 'timestamp with time zone':
      return typeof value === 'string' && isInstant(value) ? null : 'expected an instant such as 2026-11-21T10:00:00Z';
    case 'bytea':
      return typeof value === 'string' && /^\\x(?:[0-9a-f]{2})*$/i.test(value) ? null : 'expected bytes as \\x and hex';
    default:
      return typeof value === 'string' && !value.includes('\0') ? null : 'expected a text without NUL';
  }
}

function isInstant(text: string): boolean {
  return /^-?infinity$/.test(text) || (/^\d{4,6}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)));
}

/**
 * Adds rows whose values are right for their columns. Each column goes as texts, which the database reads: a JSON document is taken as it is,
 * byte for byte, with escapes that reading it into fields would refuse.
 */
export async function insertRows(
  db: Queryable,
  { table, columns }: Layout,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  const names = columns.map(({ name }) => name).join(', ');
  await db.query({
    text: `insert into ${table} (${names}) select ${columns.map(({ name, type }) => `${name}::${type}`).join(', ')}
      from unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')}) as given (${names})`,
    values: columns.map((column) => rows.map((row) => textOf(column, row[column.name]))),
  });
}

function textOf({ type, not_null }: Column, value: unknown): string | null {
  if (value === null || value === undefined) return not_null ? 'null' : null;
  return type === 'json' || type === 'jsonb' || typeof value !== 'string' ? JSON.stringify(value) : value;
}
