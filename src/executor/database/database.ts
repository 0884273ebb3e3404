import type { Clock } from '../../domain/clock.js';
import type { ConnectionCheck } from '../../domain/connection.js';
import { durationMs } from '../../domain/duration.js';
import type { AttemptContext, Executor, ExecutorModule, ExecutorSpec } from '../../domain/executor.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { limitTime } from '../../domain/time-limit.js';
import { hideSecrets } from '../http-request.js';
import { CHECKS } from './checks.js';
import { DatabaseConfig, parseAddress } from './config.js';
import type { DatabaseAddress, DatabaseTarget } from './config.js';
import { checksOf, DatabaseCheckInput } from './input.js';
import { runQuery } from './query.js';
import type { QueryResult } from './query.js';
import { isOfStatement, isPassing, openSession, statementProblem, TooMuch } from './session.js';
import type { NoSession, Session } from './session.js';

/** What is known of `database_check` without configuration. */
export const databaseCheckSpec = {
  kind: 'database_check',
  title: 'Look at a Postgres database',
  effect: 'read',
  input: DatabaseCheckInput,
  output_keys: [
    'database',
    'reachable',
    'is_healthy',
    'reason',
    'checks',
    'details',
    'columns',
    'rows',
    'row_count',
    'truncated',
    'value',
  ],
} satisfies ExecutorSpec;

/** `database_check` only reads. A database that cannot be reached is what it found out, not a failure of the step. */
export const databaseModule: ExecutorModule<DatabaseConfig> = {
  name: 'database',
  config: DatabaseConfig,
  specs: [databaseCheckSpec],
  create(config, { clock }) {
    const check = new DatabaseCheck(config, clock);
    return {
      executors: { database_check: check },
      check: (signal) => check.check(signal),
      stop: () => Promise.resolve(),
    };
  },
};

/** One configured database, its address taken apart. */
interface Known {
  readonly name: string;
  readonly target: DatabaseTarget;
  readonly address: DatabaseAddress;
}

interface Health {
  readonly checks: Record<string, unknown>;
  /** What is unhealthy, then what is not known. */
  readonly problems: string[];
  readonly unknown: string[];
}

class DatabaseCheck implements Executor<DatabaseCheckInput> {
  readonly #config: DatabaseConfig;
  readonly #clock: Clock;
  readonly #databases: readonly Known[];

  constructor(config: DatabaseConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#databases = Object.entries(config.databases).map(([name, target]) => {
      const address = parseAddress(target.url);
      if (typeof address === 'string') throw new Error(`executors.database.databases.${name}.url: ${address}`);
      return { name, target, address };
    });
  }

  async execute(input: DatabaseCheckInput, attempt: AttemptContext): Promise<Outcome> {
    const known = this.#find(input);
    if (typeof known === 'string') return { type: 'failed', reason: known, retryable: false };
    const limit = limitTime(attempt.signal, durationMs(this.#config.timeout), this.#clock);
    try {
      return await this.#look(known, input, limit.signal);
    } finally {
      limit.end();
    }
  }

  async check(signal: AbortSignal): Promise<ConnectionCheck[]> {
    return Promise.all(this.#databases.map((known) => this.#checkOne(known, signal)));
  }

  async #look(known: Known, input: DatabaseCheckInput, signal: AbortSignal): Promise<Outcome> {
    const started = this.#clock.monotonic();
    const evidence = (): Record<string, unknown> => ({
      database: known.name,
      target: placeOf(known.address),
      ms: this.#clock.monotonic() - started,
    });
    const session = await this.#open(known, signal);
    if ('problem' in session) return withoutSession(known.name, session, evidence());
    try {
      const health = await look(session, input, signal);
      const found = input.query === undefined ? null : await session.read((reader) => runQuery(reader, input));
      return { type: 'succeeded', ...resultOf(known.name, health, found), evidence: evidence() };
    } catch (error) {
      return interrupted(known, error, signal, evidence());
    } finally {
      await session.close();
    }
  }

  async #checkOne(known: Known, signal: AbortSignal): Promise<ConnectionCheck> {
    const line = {
      name: `executors.database.databases.${known.name}`,
      target: placeOf(known.address),
      required: false,
    };
    const session = await this.#open(known, signal);
    if ('problem' in session) return { ...line, ok: false, message: session.reason };
    try {
      const sql = "select current_setting('server_version') as version, pg_has_role('pg_monitor', 'usage') as monitors";
      const [row] = await session.read((reader) => reader.rows(sql));
      const advice =
        row?.['monitors'] === true
          ? ''
          : `; grant pg_monitor to ${known.address.user}, else other users' sessions are hidden`;
      return { ...line, ok: true, message: `PostgreSQL ${String(row?.['version'])}${advice}` };
    } catch (error) {
      return { ...line, ok: false, message: statementProblem(error) };
    } finally {
      await session.close();
    }
  }

  #open({ address, target }: Known, signal: AbortSignal): Promise<Session | NoSession> {
    const limits = {
      connect_ms: durationMs(this.#config.connect_timeout),
      statement_ms: durationMs(this.#config.statement_timeout),
    };
    return openSession({ address, tls: target.tls, limits, signal, clock: this.#clock });
  }

  #find({ database, service }: DatabaseCheckInput): Known | string {
    const names = this.#databases.map(({ name }) => name).join(', ');
    if (database !== undefined) {
      const named = this.#databases.find(({ name }) => name === database);
      return named ?? `database ${database} is not configured in executors.database.databases; there are: ${names}`;
    }
    if (service === undefined) {
      const [only, second] = this.#databases;
      return only !== undefined && second === undefined ? only : `name the database to look at; there are: ${names}`;
    }
    const [listed, other] = this.#databases.filter(({ target }) => target.services.includes(service));
    if (listed === undefined)
      return `no database lists the service ${service}: add it to executors.database.databases.<name>.services; there are: ${names}`;
    return other === undefined ? listed : `several databases list the service ${service}: name the database`;
  }
}

/** A look that fails is unknown, not a failure; only a lost connection ends them all. */
async function look(session: Session, input: DatabaseCheckInput, signal: AbortSignal): Promise<Health> {
  const health: Health = { checks: {}, problems: [], unknown: [] };
  for (const name of checksOf(input)) {
    try {
      const { figures, problems, unknown } = await session.read((reader) => CHECKS[name](reader, input));
      health.checks[name] = { is_healthy: problems.length > 0 ? false : unknown === null ? true : null, ...figures };
      health.problems.push(...problems);
      if (unknown !== null) health.unknown.push(`${name}: ${unknown}`);
    } catch (error) {
      if (signal.aborted || !isOfStatement(error)) throw error;
      const problem = statementProblem(error);
      health.checks[name] = { is_healthy: null, error: problem };
      health.unknown.push(`${name}: ${problem}`);
    }
  }
  return health;
}

/** Healthy is only what was looked at, wholly, and found well. */
function resultOf(database: string, health: Health, found: QueryResult | null): { output: unknown; summary: string } {
  const { checks, problems, unknown } = health;
  const looked = Object.keys(checks).length > 0;
  const is_healthy = problems.length > 0 ? false : looked && unknown.length === 0 ? true : null;
  const details = [...new Set([...problems, ...unknown])];
  const word = is_healthy === null ? (looked ? 'not known' : 'reachable') : is_healthy ? 'healthy' : 'not healthy';
  const rows = found === null ? [] : [`${found.row_count}${found.truncated ? '+' : ''} rows`];
  return {
    output: { database, reachable: true, is_healthy, reason: details[0] ?? null, checks, details, ...found },
    summary: [`${database}: ${word}`, ...details.slice(0, 1), ...rows].join(', '),
  };
}

/** What ends a look in the middle: the step, its own statement, or the database going away, which is what it found out. */
function interrupted(known: Known, error: unknown, signal: AbortSignal, evidence: Record<string, unknown>): Outcome {
  const place = placeOf(known.address);
  if (signal.aborted)
    return { type: 'failed', reason: `${place}: given up before it was done`, retryable: true, evidence };
  const reason = hideSecrets(`${place}: ${statementProblem(error)}`, [known.address.password]);
  if (isOfStatement(error)) return { type: 'failed', reason, retryable: isPassing(error), evidence };
  if (error instanceof TooMuch) return { type: 'failed', reason, retryable: false, evidence };
  return withoutSession(
    known.name,
    { problem: 'unreachable', reason: `${reason} while it was being looked at` },
    evidence,
  );
}

function withoutSession(database: string, { problem, reason }: NoSession, evidence: Record<string, unknown>): Outcome {
  if (problem === 'aborted') return { type: 'failed', reason, retryable: true, evidence };
  if (problem === 'login' || problem === 'tls') {
    const advice = `check executors.database.databases.${database}.url`;
    return { type: 'failed', reason: `${reason}; ${advice}`, retryable: false, evidence };
  }
  const reachable = problem === 'turned_away';
  const output = { database, reachable, is_healthy: false, reason, checks: {}, details: [reason] };
  const word = reachable ? 'not healthy' : 'unreachable';
  return { type: 'succeeded', output, summary: `${database}: ${word}, ${reason}`, evidence };
}

function placeOf({ host, port, database }: DatabaseAddress): string {
  return `${host}:${port}/${database}`;
}
