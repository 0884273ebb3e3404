import { z } from 'zod';
import type { ConnectionCheck } from '../../domain/connection.js';
import type { ExecutorModule } from '../../domain/executor.js';
import { messageOf } from '../../domain/errors.js';
import { ElasticsearchConfig } from './config.js';
import { Connection, ElasticsearchFailure } from './connection.js';
import { LogAggregation, logAggregationSpec } from './log-aggregation.js';

const Banner = z.object({ version: z.object({ number: z.string(), distribution: z.string().optional() }) });
const Health = z.object({ status: z.string() });

/** Reads logs from Elasticsearch or OpenSearch. */
export const elasticsearchModule: ExecutorModule<ElasticsearchConfig> = {
  name: 'elasticsearch',
  config: ElasticsearchConfig,
  specs: [logAggregationSpec],
  create(config, deps) {
    const connection = new Connection(config);
    return {
      executors: { [logAggregationSpec.kind]: new LogAggregation(config, connection, deps.clock) },
      check: async (signal) => [await checkConnection(connection, signal)],
      stop: () => connection.stop(),
    };
  },
};

async function checkConnection(connection: Connection, signal: AbortSignal): Promise<ConnectionCheck> {
  const line = { name: 'executors.elasticsearch', target: connection.target, required: false };
  try {
    return { ...line, ok: true, message: await whatAnswers(connection, signal) };
  } catch (error) {
    return { ...line, ok: false, message: messageOf(error) };
  }
}

/** The version where the cluster tells it (some distributions and proxies do not), else its health. */
async function whatAnswers(connection: Connection, signal: AbortSignal): Promise<string> {
  try {
    const banner = Banner.safeParse(await connection.ask({ method: 'GET', path: '/' }, signal));
    if (banner.success)
      return `${banner.data.version.distribution === 'opensearch' ? 'OpenSearch' : 'Elasticsearch'} ${banner.data.version.number}`;
  } catch (error) {
    const refused = error instanceof ElasticsearchFailure && [403, 404, 405].includes(error.status ?? 0);
    if (!refused) throw error;
  }
  const health = Health.safeParse(await connection.ask({ method: 'GET', path: '/_cluster/health' }, signal));
  if (health.success) return `Elasticsearch, cluster ${health.data.status} (its version is not told)`;
  throw new ElasticsearchFailure('it answers, but neither with a version nor with a health: is this Elasticsearch?', {
    retryable: false,
  });
}
