import { describe, expect, it } from 'vitest';
import { deepFilesIn, isSaid, said, sentencesIn } from './helper/written-sentences.js';

/** Where executors say what they found, and why they did not do what they were asked for. */
const EXECUTORS = 'src/executor';
/** What a configuration and a task may hold is told when it is read, with its place. */
const READ_AT_LOAD = /\/(?:config|input|http-target)\.ts$/;

/** The same there: parts of longer sentences, names for the API server's log, questions to a database, and what no page shows. */
const EXECUTOR_PARTS: readonly string[] = [
  'select pg_database_size(current_database()) as bytes',
  "select current_setting('server_version') as version, pg_has_role('pg_monitor', 'usage') as monitors",
  'declare fixpoint_rows no scroll cursor for ${select}',
  'fetch forward ${input.max_rows + 1} from fixpoint_rows',
  'begin transaction read only',
  "PostgreSQL ${String(row?.['version'])}${advice}",
  'Prometheus ${info.data.data.version}',
  'PromQL warning:',
  'no content type',
  'a ${answer.data.resultType}, of which no alert is made',
  'run ${run_id}',
  'get ${kind}s ${namespace}/${name}',
  'patch ${kind}s ${namespace}/${name}',
  'list horizontalpodautoscalers ${namespace}',
  'list pods ${namespace}',
  'list events ${namespace}',
  'create selfsubjectaccessreviews',
  'expected exactly one of replicas, replicas_increase and replicas_decrease',
  'expected service or name',
  'expected at least min_replicas (${min})',
  'expected either duration or until',
  'and ${operator.matching}',
  'count ${by} ((${query}) >= -Inf)',
  'sum avg count min max group stddev stdvar topk bottomk quantile count_values limitk limit_ratio',
  'and or unless atan2 by without on ignoring group_left group_right bool offset',
  'calls ${list(down)}',
  'normal ones',
  'those before the window',
];

describe('what executors say, in Chinese', () => {
  it('is there for every sentence that executors write', () => {
    const files = deepFilesIn(EXECUTORS).filter((file) => !READ_AT_LOAD.test(file));
    const written = files.flatMap((file) => sentencesIn(file, 'thrown too'));
    const missing = written.filter((sentence) => !EXECUTOR_PARTS.includes(sentence.text) && !isSaid(sentence));

    expect(written.length).toBeGreaterThan(200);
    expect(missing.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
    expect(EXECUTOR_PARTS.filter((part) => !written.some(({ text }) => text === part))).toEqual([]);
  });

  it.each([
    [
      'GET http://shop:8080/health: connection refused: is the server running, and the port right?',
      'GET http://shop:8080/health：连接被拒绝：服务器是否在运行，端口是否正确？',
    ],
    [
      'POST https://pay.example/refund: no whole answer within 30.0 s. The request was sent; whether it took effect is not known',
      'POST https://pay.example/refund：30.0 s 内没有完整的应答。请求已发出，是否生效未知',
    ],
    [
      'GET http://shop/health answered 503, expected 200: "<html>busy; try again</html>"',
      'GET http://shop/health 应答 503，期望 200: "<html>busy; try again</html>"',
    ],
    [
      'Elasticsearch answered from a part of the logs only: it ran out of time; 2 of 5 shards failed (logs-1: no space)',
      'Elasticsearch 只依据部分日志作出应答：它用完了时间；5 个分片中有 2 个失败（logs-1: no space）',
    ],
    [
      'Elasticsearch at http://es:9200 answered 429 to /logs/_search: too many requests',
      'Elasticsearch（http://es:9200） 对 /logs/_search 应答 429：too many requests',
    ],
    [
      'Prometheus at http://p:9090 refused the query: bad_data: 1:5: parse error: unexpected "}"',
      'Prometheus（http://p:9090）：拒绝该查询：bad_data：1:5: parse error: unexpected "}"',
    ],
    [
      'Kubernetes at https://k:6443 (get deployments shop/order) forbids it (403): deployments "order" is forbidden',
      'Kubernetes（https://k:6443 (get deployments shop/order)）禁止此操作（403）：deployments "order" is forbidden',
    ],
    [
      'prod/shop/Deployment/order: guard max_replicas: 12 is above 10',
      'prod/shop/Deployment/order：护栏 max_replicas：12 超过 10',
    ],
    [
      'prod/shop/Deployment/order: replicas were set from 2 to 4, but only 3 of 4 became ready in time: order-1 is Pending and not ready',
      'prod/shop/Deployment/order：副本数已从 2 改为 4，但只有 3/4 个及时就绪：order-1 处于 Pending，未就绪',
    ],
    [
      'orders: not healthy, 98 of 100 connections are used (98 %), more than 90 %, 3 rows',
      'orders：不健康，已用 98/100 个连接（98 %），超过 90 %，3 行',
    ],
    ['orders: not healthy, standby b is 12.0 s behind, more than 5s', 'orders：不健康，备库 b 落后 12.0 s，超过 5s'],
    ['发送报告：sent by email', '发送报告：已通过 email 发送'],
    ['orders: unreachable, db:5432/orders: no such host', 'orders：无法访问，db:5432/orders：没有这个主机'],
    ['1240 lines, 31 errors (2.5 %), 4 with keywords', '1240 行，31 个错误（2.5 %），4 行含关键词'],
    [
      '20 traces, 6 slow, 1 failed, slowest 2.1 s; culprit mysql (84 %)',
      '20 条链路，6 条慢，1 条失败，最慢 2.1 s；根源 mysql（84 %）',
    ],
    ['frontend calls customer, driver and is called by nothing', 'frontend 调用 customer, driver，不被任何服务调用'],
  ])('says whole what executors put together: %s', (sentence, chinese) => {
    expect(said(sentence)).toBe(chinese);
  });
});
