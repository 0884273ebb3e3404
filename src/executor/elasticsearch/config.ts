import { z } from 'zod';
import { Duration, durationMs } from '../../domain/duration.js';
import { HttpTls, HttpUrl } from '../http-target.js';

const FieldName = z.string().min(1).max(200);

/** One field, or several of which any counts. */
const Fields = z
  .union([FieldName, z.array(FieldName).min(1).max(20)])
  .transform((names) => (typeof names === 'string' ? [names] : names));

/** An index, a pattern, or several with commas between; never a path. */
export const IndexName = z
  .string()
  .min(1)
  .max(1_000)
  .regex(
    /^[^\s/\\?"<>|#%_-][^\s/\\?"<>|#%]*$/,
    'expected an index or a pattern such as logs-*, with commas between several',
  );

/** Levels that make a line an error line; numbers count for fields that hold numbers (`50` for bunyan and pino). */
const ErrorLevels = z
  .array(z.union([z.string().min(1).max(50), z.int()]))
  .min(1)
  .max(50);

/** The slice `executors.elasticsearch`. */
export const ElasticsearchConfig = z
  .strictObject({
    url: z
      .union([HttpUrl, z.array(HttpUrl).min(1).max(50)])
      .describe('Address of the cluster, or of several of its nodes'),
    username: z.string().min(1).optional(),
    password: z.string().min(1).optional().meta({ secret: true }),
    api_key: z.string().min(1).optional().meta({ secret: true, description: 'Encoded API key (id and key in base64)' }),
    tls: HttpTls.optional(),
    timeout: Duration.refine((text) => durationMs(text) >= 100 && durationMs(text) <= 300_000, {
      error: 'expected a duration from 100ms to 5m',
    })
      .default('20s')
      .describe('Longest time for one request'),
    index: IndexName.default('*').describe('Where to look when a task names no index'),
    fields: z
      .strictObject({
        service: Fields.default(['service.name', 'service', 'kubernetes.labels.app', 'app']),
        host: Fields.default(['host.ip', 'host.name', 'host.hostname', 'hostname', 'host', 'kubernetes.pod.ip']),
        message: Fields.default(['message']),
        level: Fields.default(['log.level', 'level', 'severity', 'loglevel']),
        timestamp: FieldName.default('@timestamp'),
      })
      .prefault({})
      .describe('Which fields hold what; of several any counts'),
    error_levels: ErrorLevels.default([
      'error',
      'err',
      'fatal',
      'critical',
      'crit',
      'severe',
      'alert',
      'emerg',
      'emergency',
      'panic',
    ]),
  })
  .superRefine((config, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
    if ((config.username === undefined) !== (config.password === undefined))
      refuse('password', 'username and password go together');
    if (config.api_key !== undefined && config.username !== undefined)
      refuse('api_key', 'expected either api_key or username and password');
  });
export type ElasticsearchConfig = z.infer<typeof ElasticsearchConfig>;
