import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import type { Clock } from '../../domain/clock.js';
import { formatMs } from '../../domain/duration.js';
import { messageOf } from '../../domain/errors.js';
import type { HttpTls } from '../http-target.js';
import { hideSecrets } from '../http-request.js';
import type { DatabaseAddress } from './config.js';

/** How long things may take, in milliseconds. */
export interface SessionLimits {
  readonly connect_ms: number;
  readonly statement_ms: number;
}

/** One row, its values as the driver reads them. */
export type Row = Readonly<Record<string, unknown>>;

/** One read-only transaction. */
export interface Reader {
  /** One statement, with values for $1, $2 … */
  rows(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The same with columns by position, so that two of the same name are both kept. */
  table(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ columns: { name: string; type: number }[]; rows: unknown[][] }>;
}

/** A connection that can only read. */
export interface Session {
  /** Runs `work` in a read-only transaction with a limit on each statement, and rolls it back. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Why there is no session. `unreachable` and `turned_away` are findings about the database; `login` and `tls` are about our
 * configuration; `aborted` is about the step.
 */
export interface NoSession {
  readonly problem: 'unreachable' | 'turned_away' | 'login' | 'tls' | 'aborted';
  readonly reason: string;
}

/** The connection was ended by us, because it brought more than any check needs. */
export class TooMuch extends Error {}

/** More than this in one session is not a check any more. */
const MAX_BYTES = 32 * 1_024 * 1_024;
const WATCH_MS = 50;
const GOODBYE_MS = 1_000;

export interface SessionOptions {
  readonly address: DatabaseAddress;
  readonly tls: HttpTls | undefined;
  readonly limits: SessionLimits;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Connects. Aborting the signal ends the connection, whatever it is doing. */
export async function openSession(options: SessionOptions): Promise<Session | NoSession> {
  const { address, limits, signal, clock } = options;
  const place = `${address.host}:${address.port}/${address.database}`;
  const { default: driver } = await import('pg');
  if (signal.aborted) return { problem: 'aborted', reason: `${place}: given up before it was asked` };
  const socket = new Socket();
  const client = new driver.Client(clientConfig(options, socket));
  // Without a listener the loss of an idle connection would end the process; whoever awaits a query hears of it there.
  client.on('error', () => undefined);
  const late = AbortSignal.timeout(limits.connect_ms);
  const destroy = (): void => void socket.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  late.addEventListener('abort', destroy, { once: true });
  try {
    await client.connect();
  } catch (error) {
    signal.removeEventListener('abort', destroy);
    socket.destroy();
    if (signal.aborted) return { problem: 'aborted', reason: `${place}: given up before it was connected` };
    if (late.aborted)
      return { problem: 'unreachable', reason: `${place} took no connection within ${formatMs(limits.connect_ms)}` };
    return noSession(place, error, [address.password]);
  } finally {
    late.removeEventListener('abort', destroy);
  }
  const unwatch = watch(socket, clock);
  return {
    read: (work) => readOnly(client, limits.statement_ms, work),
    async close() {
      signal.removeEventListener('abort', destroy);
      unwatch();
      // A server that hangs would never see the goodbye off.
      AbortSignal.timeout(GOODBYE_MS).addEventListener('abort', destroy, { once: true });
      await client.end().catch(() => undefined);
      socket.destroy();
    },
  };
}

/** What a statement's failure means, in words. */
export function statementProblem(error: unknown): string {
  const state = sqlState(error);
  const text = messageOf(error).slice(0, 500);
  if (state === '57014') return 'a statement took longer than statement_timeout allows';
  if (state === '42501') return `the role may not see this: ${text}`;
  if (state === '25006') return `only reading is allowed: ${text}`;
  return text;
}

/** Whether Postgres refused the statement itself; else the connection is gone. */
export function isOfStatement(error: unknown): boolean {
  const state = sqlState(error);
  // Class 08 and 57P0x end the connection.
  return state !== null && !state.startsWith('08') && !state.startsWith('57P');
}

/** Whether the same statement may go through another time: a time limit, a conflict, a shortage. */
export function isPassing(error: unknown): boolean {
  return /^(57014|40|53|55P03)/.test(sqlState(error) ?? '');
}

/** The five characters by which Postgres names an error; null when it is none of Postgres'. */
function sqlState(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  return 'severity' in error && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null;
}

/**
 * With the second setting, which came with Postgres 14, the server itself ends a statement whose asker has gone away; before, it would
 * work on until statement_timeout.
 */
const SETTINGS = `
  select set_config(name, case name when 'statement_timeout' then $1 else '500' end, true)
    from pg_settings where name in ('statement_timeout', 'client_connection_check_interval')`;

async function readOnly<T>(client: pg.Client, statement_ms: number, work: (reader: Reader) => Promise<T>): Promise<T> {
  await client.query('begin transaction read only');
  try {
    await client.query(SETTINGS, [String(Math.max(1, Math.round(statement_ms)))]);
    return await work({
      rows: async (text, values = []) => {
        const config = { text, values: [...values], queryMode: 'extended' };
        const result = await client.query<Record<string, unknown>>(config);
        return result.rows;
      },
      table: async (text, values = []) => {
        const config = { text, values: [...values], rowMode: 'array' as const, queryMode: 'extended' };
        const result = await client.query<unknown[]>(config);
        return { columns: result.fields.map(({ name, dataTypeID: type }) => ({ name, type })), rows: result.rows };
      },
    });
  } finally {
    await client.query('rollback').catch(() => undefined); // a connection that is gone has rolled back
  }
}

/** Everything is said explicitly: the driver would ask PGPASSWORD, ~/.pgpass and other things that lie around. */
function clientConfig({ address, tls }: SessionOptions, socket: Socket): pg.ClientConfig {
  return {
    host: address.host,
    port: address.port,
    user: address.user,
    password: () => address.password,
    database: address.database,
    application_name: 'fixpoint',
    ssl: address.ssl_mode === 'disable' ? false : tlsOptions(address, tls),
    stream: () => socket,
  };
}

function tlsOptions({ ssl_mode }: DatabaseAddress, tls: HttpTls | undefined): ConnectionOptions {
  const verifies = ssl_mode.startsWith('verify') && tls?.insecure_skip_verify !== true;
  return {
    rejectUnauthorized: verifies,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(ssl_mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

/** Ends a connection that brings more than any check needs: one row alone can hold a gigabyte. */
function watch(socket: Socket, clock: Clock): () => void {
  let cancel = (): void => undefined;
  const look = (): void => {
    if (socket.bytesRead > MAX_BYTES) socket.destroy(new TooMuch(`the answer is larger than ${MAX_BYTES} bytes`));
    else cancel = clock.after(WATCH_MS, look);
  };
  look();
  return () => cancel();
}

function noSession(place: string, error: unknown, secrets: readonly string[]): NoSession {
  const state = sqlState(error);
  const text = hideSecrets(messageOf(error), secrets);
  if (state?.startsWith('28')) return { problem: 'login', reason: `${place} refused the login: ${text}` };
  if (state !== null)
    return { problem: 'turned_away', reason: `${place} turned the connection away: ${text} (${state})` };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (/SASL|password must be|no authentication/i.test(text))
    return { problem: 'login', reason: `${place} refused the login: ${text}` };
  if (/SSL|TLS/.test(code) || /CERT|SIGNED|ISSUER|LEAF_SIGNATURE/.test(code) || /SSL connections/.test(text))
    return { problem: 'tls', reason: `${place}: TLS failed: ${text}` };
  const said: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'refused the connection',
    ENOTFOUND: 'no such host',
    EAI_AGAIN: 'the name service did not answer',
    EHOSTUNREACH: 'the network does not lead there',
    ENETUNREACH: 'the network does not lead there',
    ECONNRESET: 'closed the connection at once',
  };
  return { problem: 'unreachable', reason: `${place}: ${said[code] ?? text}` };
}
