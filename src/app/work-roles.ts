import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Settings } from '../config.js';
import { FixpointError } from '../domain/errors.js';

/** Parts of the work that processes can share out; they need Kafka and Postgres between them. */
export const ROLES = ['ingest', 'triage', 'schedule'] as const;
export type WorkRole = (typeof ROLES)[number];

/** Throws `invalid` when the roles are none, or less than all without what processes share the work out through. */
export function refuseSplitWithoutKafka(settings: Settings, roles: ReadonlySet<WorkRole>): void {
  if (roles.size === 0) throw new FixpointError('invalid', `--roles: expected at least one of ${ROLES.join(', ')}`);
  if (ROLES.every((role) => roles.has(role))) return;
  const missing = [
    settings.kafka.brokers ? null : 'KAFKA_BROKERS',
    settings.database_url ? null : 'DATABASE_URL',
  ].filter((name) => name !== null);
  if (missing.length > 0)
    throw new FixpointError(
      'invalid',
      `--roles ${[...roles].join(',')}: work is shared out through Kafka and Postgres; set ${missing.join(' and ')}`,
    );
}

/** Stable over restarts of the same service on the same host, so that it takes its own work up again at once. Replicas may share it. */
export function workerName(settings: Settings): string {
  if (settings.database_url === undefined) return 'embedded';
  const place = settings.port === 0 ? randomBytes(4).toString('hex') : String(settings.port);
  return `${hostname()}:${settings.host}:${place}`.replaceAll('#', '_');
}
