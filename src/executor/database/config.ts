import { z } from 'zod';
import { Duration } from '../../domain/duration.js';
import { HttpTls } from '../http-target.js';

const SSL_MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/** Where a database is, taken apart: nothing is left for the driver to fill in from the environment or a password file. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl_mode: SslMode;
}

/** Reads `postgres://user:password@host:5432/name?sslmode=verify-full`; a text says what is wrong with it, without repeating it. */
export function parseAddress(text: string): DatabaseAddress | string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol))
    return 'expected postgres://user:password@host:5432/name';
  if (url.hostname === '') return 'expected a host name or an address; sockets in the file system are not supported';
  if (url.username === '') return 'expected a user name before the host: none is taken from the environment';
  const database = decoded(url.pathname.slice(1));
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (database === null || user === null || password === null) return 'a % is not followed by two hexadecimal digits';
  if (database === '' || database.includes('/')) return 'expected the name of one database after the host';
  const unknown = [...url.searchParams.keys()].find((key) => key !== 'sslmode');
  if (unknown !== undefined) return `unknown parameter ${unknown}: only sslmode is understood`;
  const sslmode = url.searchParams.get('sslmode') ?? 'disable';
  const ssl_mode = SSL_MODES.find((mode) => mode === sslmode);
  if (ssl_mode === undefined) return `sslmode: expected one of ${SSL_MODES.join(', ')}`;
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? 5432 : Number(url.port), user, password, database, ssl_mode };
}

const DatabaseUrl = z
  .string()
  .superRefine((text, context) => {
    const address = parseAddress(text);
    if (typeof address === 'string') context.addIssue({ code: 'custom', message: address });
  })
  .meta({ secret: true })
  .describe(
    'postgres://user:password@host:5432/name, with ?sslmode=verify-full for TLS. Best a role with pg_monitor only',
  );

/** One database that steps may look at. */
export const DatabaseTarget = z.strictObject({
  url: DatabaseUrl,
  services: z
    .array(z.string().min(1))
    .max(1_000)
    .default([])
    .describe('Services whose database this is: a step may name the service instead of the database'),
  tls: HttpTls.optional().describe('TLS where sslmode asks for it'),
});
export type DatabaseTarget = z.infer<typeof DatabaseTarget>;

/** `executors.database`: the databases by the names that playbooks use. */
export const DatabaseConfig = z.strictObject({
  databases: z
    .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected letters, digits, ., _ and -'), DatabaseTarget)
    .refine((databases) => Object.keys(databases).length > 0, { error: 'expected at least one database' })
    .describe('Databases by the names that playbooks use'),
  connect_timeout: Duration.default('5s').describe(
    'A database that takes no connection within this time is unreachable',
  ),
  statement_timeout: Duration.default('10s').describe('Longest time for one statement; the server ends it'),
  timeout: Duration.default('30s').describe('Longest time for one step'),
});
export type DatabaseConfig = z.infer<typeof DatabaseConfig>;

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
