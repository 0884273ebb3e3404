import { z } from 'zod';
import { Duration } from '../../domain/duration.js';

/** What can be looked at. */
export const CheckName = z.enum(['connections', 'long_running', 'locks', 'replication', 'cache', 'size']);
export type CheckName = z.infer<typeof CheckName>;

const Parameter = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Which database to look at, for what, and where health ends. */
export const DatabaseCheckInput = z
  .strictObject({
    database: z.string().optional().describe('Name of a configured database; not needed when there is only one'),
    service: z.string().optional().describe('In place of database: a service that a configured database lists'),
    checks: z
      .array(CheckName)
      .max(20)
      .optional()
      .describe('What to look at; absent: everything, or nothing when there is a query'),
    query: z
      .string()
      .min(1)
      .max(65_536)
      .optional()
      .describe(
        'One SELECT of your own; it runs in a read-only transaction. Put values into params, not into the text',
      ),
    params: z.array(Parameter).max(100).optional().describe('Values for $1, $2 … of query'),
    max_rows: z.int().min(1).max(1_000).default(100).describe('Most rows that are read of query'),
    max_connection_share: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe('More used connections than this share are unhealthy'),
    long_running: Duration.default('60s').describe('A statement or transaction open for longer is unhealthy'),
    lock_wait: Duration.default('5s').describe('A session waiting for a lock for longer is unhealthy'),
    max_replication_lag: Duration.default('30s').describe('A standby further behind is unhealthy'),
    max_size: z.int().min(1).optional().describe('A larger database, in bytes, is unhealthy'),
  })
  .superRefine((input, context) => {
    const issue = (path: string, message: string): void => context.addIssue({ code: 'custom', message, path: [path] });
    if (input.database !== undefined && input.service !== undefined)
      issue('service', 'expected either database or service');
    if (input.params !== undefined && input.query === undefined) issue('params', 'expected only together with query');
  });
export type DatabaseCheckInput = z.infer<typeof DatabaseCheckInput>;

/** The checks that an input asks for, each once. */
export function checksOf(input: DatabaseCheckInput): CheckName[] {
  return [...new Set(input.checks ?? (input.query === undefined ? CheckName.options : []))];
}
