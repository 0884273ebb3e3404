/** One SQL statement. A named one is prepared once per connection where the driver can. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string;
  /** True for a question that is asked again and again and leaves nothing behind that another such question would find. */
  readonly looks?: boolean;
}

/** Anything that answers statements: the database itself, or one transaction of it. */
export interface Queryable {
  query<Row>(statement: Statement): Promise<Row[]>;
  /** Runs a text of several statements, for migrations and upkeep. */
  script(sql: string): Promise<void>;
}

/**
 * The whole difference between the two databases. Instants come back as RFC 3339 text, `int8` as number, `bytea` as Uint8Array, JSON parsed,
 * on both. Text values must be free of NUL.
 */
export interface Db extends Queryable {
  readonly kind: 'embedded' | 'postgres';
  /** How many statements can be under way at once. */
  readonly lanes: number;
  /**
   * Asks ahead of everything that waits for a connection: for the few statements that must not come late. They share one session, which lasts as
   * long as this process and its connection do.
   */
  urgent<Row>(statement: Statement): Promise<Row[]>;
  readonly jsonList: JsonList;
  /** Commits when `work` resolves, rolls back when it rejects. Use only the transaction inside: the embedded database has one session. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Grows with every statement of this process that may have changed something. */
  activity(): number;
  stop(): Promise<void>;
}

/** How many JSON texts go to the database, one to a row, so that each is read as seldom as can be. */
export interface JsonList {
  /** As one value of a statement. */
  value(texts: readonly string[]): unknown;
  /** What answers the rows, each one `json`, where the value is the parameter `place`. */
  rows(place: string): string;
}

/** The SQLSTATE of a database error, on both drivers; null for anything else. */
export function sqlState(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null;
}

/** Postgres' text of a timestamptz in a UTC session → RFC 3339 with milliseconds. */
export function readInstant(text: string): string {
  return new Date(text.replace(' ', 'T').replace(/\+00$/, 'Z')).toISOString();
}
