import type { Saying } from './saying.js';

/** Chinese: why another system could not be asked, or what was wrong with its answer. */
export const WAYS: readonly Saying[] = [
  ['{method#} {url#} was redirected more than {n#} times', '{method} {url} 被重定向超过 {n} 次'],
  [
    '{place} answered {status#}: the write was not done, it belongs to another address',
    '{place} 应答 {status}：写操作没有执行，应发往另一个地址',
  ],
  [
    '{place} answered {status#}: the write was not done, it belongs to {address#}',
    '{place} 应答 {status}：写操作没有执行，应发往 {address}',
  ],
  ['{place} answered {status#}, but {why~}', '{place} 应答 {status}，但{why}'],
  ['its JSON is nested too deep', '其 JSON 嵌套过深'],
  ['its body is no JSON: {begin}', '其内容不是 JSON：{begin}'],
  ['{status#}, healthy', '{status}，健康'],
  ['{status#}, not healthy', '{status}，不健康'],
  [
    'action: expected METHOD /path or METHOD https://…, got {what}',
    'action：应为 METHOD /path 或 METHOD https://…，收到 {what}',
  ],
  [
    'executors.api_call.base_url is not configured: set it, or write the whole address in action',
    '未配置 executors.api_call.base_url：请配置它，或在 action 中写完整地址',
  ],
  [
    'action: {path} leaves the path of executors.api_call.base_url',
    'action：{path} 超出了 executors.api_call.base_url 的路径',
  ],
  ['answers {status#}: check executors.{keys}', '应答 {status}：请检查 executors.{keys}'],
  ['answers {status#}', '应答 {status}'],
  ['{address} is a link-local or metadata address', '{address} 是链路本地地址或元数据地址'],
  ['{host} is not among the allowed hosts', '{host} 不在允许的主机之列'],
  ['{host#} has no address', '{host} 没有地址'],
  ['expected JSON, got an empty answer with status {status#}', '应为 JSON，收到状态为 {status} 的空应答'],
  ['expected JSON of at most {n#} levels, got a deeper one', '应为最多 {n} 层的 JSON，收到的层数更深'],
  [
    'expected JSON, got no content type with status {status#}: {begin}',
    '应为 JSON，收到的应答没有内容类型，状态为 {status}：{begin}',
  ],
  ['expected JSON, got {type} with status {status#}: {begin}', '应为 JSON，收到 {type}，状态为 {status}：{begin}'],
  ['connection refused: is the server running, and the port right?', '连接被拒绝：服务器是否在运行，端口是否正确？'],
  [
    'so many calls to {host#} were under way that its turn did not come (executors.api_call.max_at_once)',
    '对 {host} 的调用过多，没有轮到这一次（executors.api_call.max_at_once）',
  ],
  ['nothing was sent: {why~}', '没有发送任何内容：{why}'],
  ['no such host', '没有这个主机'],
  ['the name service did not answer', '域名服务没有应答'],
  ['the network does not lead there[ ({code#})]', '网络无法到达那里[（{code}）]'],
  ['TLS failed: {why}', 'TLS 失败：{why}'],
  ['refused before connecting: {why~}', '在连接之前被拒绝：{why}'],
  ['no connection within the time limit', '在时限内没有建立连接'],
  ['no whole answer within {length}', '{length} 内没有完整的应答'],
  [
    'given up before the answer was whole: the step was cancelled or its time is over',
    '在应答完整之前已放弃：步骤被取消或时限已到',
  ],
  ['the connection was closed before the answer was whole', '连接在应答完整之前被关闭'],
  ['the answer is larger than {n#} bytes', '应答超过 {n} 字节'],
  ['no valid HTTP exchange: {why}', '不是有效的 HTTP 交互：{why}'],

  ['Kubernetes at {where} cannot be reached: {why~}', '无法访问 Kubernetes（{where}）：{why}'],
  [
    'Kubernetes at {where} shows a certificate that is not trusted ({code#}): check ca, or certificate-authority of the kubeconfig',
    'Kubernetes（{where}）的证书不受信任（{code}）：请检查 ca，或 kubeconfig 的 certificate-authority',
  ],
  [
    'Kubernetes at {where} does not speak TLS on this port: check the address',
    'Kubernetes（{where}）在此端口上不使用 TLS：请检查地址',
  ],
  ['the step ended while Kubernetes at {where} was being asked', '查询 Kubernetes（{where}）时步骤已结束'],
  ['Kubernetes at {where} did not answer within {ms#} ms', 'Kubernetes（{where}）在 {ms} ms 内没有应答'],
  ['Kubernetes at {where} answered something that is not its JSON', 'Kubernetes（{where}）的应答不是它的 JSON'],
  ['the answer of Kubernetes at {where} is larger than {n#} bytes', 'Kubernetes（{where}）的应答超过 {n} 字节'],
  ['the connection to Kubernetes at {where} was cut: {why}', '与 Kubernetes（{where}）的连接中断：{why}'],
  [
    'Kubernetes at {where} does not accept the credential (401): check its token or certificate',
    'Kubernetes（{where}）不接受凭据（401）：请检查其令牌或证书',
  ],
  ['Kubernetes at {where} forbids it (403)[: {what}]', 'Kubernetes（{where}）禁止此操作（403）[：{what}]'],
  ['Kubernetes at {where} has no such object (404)[: {what}]', 'Kubernetes（{where}）没有这个对象（404）[：{what}]'],
  [
    'Kubernetes at {where} sends elsewhere ({status#}), and redirects are not followed: check the address',
    'Kubernetes（{where}）要求转到别处（{status}），而重定向不被跟随：请检查地址',
  ],
  ['Kubernetes at {where} is too busy (429)[: {what}]', 'Kubernetes（{where}）过于繁忙（429）[：{what}]'],
  ['Kubernetes at {where} refused it ({status#})[: {what}]', 'Kubernetes（{where}）拒绝此操作（{status}）[：{what}]'],
  ['Kubernetes at {where} answered {status#}[: {what}]', 'Kubernetes（{where}）应答 {status}[：{what}]'],
  [
    'Kubernetes answered a {kind#} {name#} without uid, resourceVersion or spec.replicas: is this a Kubernetes API server?',
    'Kubernetes 应答的 {kind} {name} 没有 uid、resourceVersion 或 spec.replicas：这是 Kubernetes API 服务器吗？',
  ],

  ['Jaeger at {url#} ({path#})', 'Jaeger（{url}，{path}）'],
  [
    '{where~} does not accept the credential ({status#}): check bearer_token or basic_auth',
    '{where} 不接受凭据（{status}）：请检查 bearer_token 或 basic_auth',
  ],
  ["{where~}: {why~}: is this Jaeger's query address?", '{where}：{why}：这是 Jaeger 的查询地址吗？'],
  ["{where~} answered something that is not Jaeger's JSON", '{where} 的应答不是 Jaeger 的 JSON'],
  ['Jaeger says: {what}', 'Jaeger 表示：{what}'],
  ['Jaeger at {url#} ({path#}) answered {status#}[: {what}]', 'Jaeger（{url}，{path}）应答 {status}[：{what}]'],

  ['Elasticsearch at {url#}', 'Elasticsearch（{url}）'],
  ['{where~}: given up before the answer was whole', '{where}：在应答完整之前已放弃'],
  ['{where~} did not answer within {length#}', '{where} 在 {length} 内没有应答'],
  ['{where~}: the answer is larger than {n#} bytes', '{where}：应答超过 {n} 字节'],
  [
    '{where~} answered something that is not JSON: is this the address of Elasticsearch?',
    '{where} 的应答不是 JSON：这是 Elasticsearch 的地址吗？',
  ],
  [
    '{where~} does not accept the credential (401): check username and password, or api_key',
    '{where} 不接受凭据（401）：请检查用户名和密码，或 api_key',
  ],
  ['{where~} forbids {path#} (403)[: {what}]', '{where} 禁止访问 {path}（403）[：{what}]'],
  ['{where~} answered {status#} to {path#}[: {what}]', '{where} 对 {path} 应答 {status}[：{what}]'],
  ['Elasticsearch, cluster {health} (its version is not told)', 'Elasticsearch，集群状态 {health}（未告知版本）'],
  [
    'it answers, but neither with a version nor with a health: is this Elasticsearch?',
    '有应答，但既没有版本也没有健康状态：这是 Elasticsearch 吗？',
  ],

  ['Prometheus at {url#} {why~}', 'Prometheus（{url}）：{why}'],
  ['refused the credentials with status {status#}: {advice~}', '以状态 {status} 拒绝凭据：{advice}'],
  [
    'check executors.prometheus.bearer_token, basic_auth and headers',
    '请检查 executors.prometheus.bearer_token、basic_auth 和 headers',
  ],
  [
    'answered {status#} with JSON that is no answer of Prometheus[ (at {place})]',
    '应答 {status}，其 JSON 不是 Prometheus 的应答[（位于 {place}）]',
  ],
  ["answers Prometheus' query API", '应答 Prometheus 的查询 API'],
  ['refused the query: {type}: {why}', '拒绝该查询：{type}：{why}'],
  ['answered with a part of its data only', '只应答了一部分数据'],
  ['answered with a warning: {what}', '应答带有警告：{what}'],
  ['answered the query with a {type#}, of which no alert is made', '对查询的应答是 {type}，它不会产生告警'],
  ['answered the query with {what}', '对查询的应答是 {what}'],

  ['executors.kubernetes.{key#} cannot be used: {why~}', 'executors.kubernetes.{key} 无法使用：{why}'],
  ['its context {name} names no cluster that it describes', '其上下文 {name} 指向的集群未在其中描述'],
  [
    'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod',
    '未设置 KUBERNETES_SERVICE_HOST 和 KUBERNETES_SERVICE_PORT：这里不是 Pod',
  ],
  ['nothing names a cluster', '没有指明集群'],
  ['more than {n#} bytes', '超过 {n} 字节'],
  ['the connection was refused', '连接被拒绝'],
  ['the name cannot be resolved now', '目前无法解析该名称'],
  ['there is no route to the host', '没有通往该主机的路由'],
  ['there is no route to the network', '没有通往该网络的路由'],
  ['{server} namespace {namespace#}', '{server} 命名空间 {namespace}'],
  ['in cluster', '集群内'],
  [
    'cluster {cluster#}: every right that kubernetes_scale needs is granted',
    '集群 {cluster}：kubernetes_scale 所需的权限均已授予',
  ],
  [
    'cluster {cluster#}: not granted: {rights}; grant it with a Role or ClusterRole',
    '集群 {cluster}：未授予：{rights}；请用 Role 或 ClusterRole 授予',
  ],

  [
    "grant pg_monitor to {user#}, else other users' sessions are hidden",
    '请把 pg_monitor 授予 {user}，否则看不到其他用户的会话',
  ],
  ['{place#}: given up before it was asked', '{place}：在查询之前已放弃'],
  ['{place#}: given up before it was connected', '{place}：在连接之前已放弃'],
  ['{place#}: given up before it was done', '{place}：在完成之前已放弃'],
  ['{place#} took no connection within {length}', '{place} 在 {length} 内没有接受连接'],
  ['{place#} refused the login: {why}', '{place} 拒绝登录：{why}'],
  ['{place#} turned the connection away: {why}', '{place} 拒绝了连接：{why}'],
  ['{place#}: TLS failed: {why}', '{place}：TLS 失败：{why}'],
  ['{place#}: refused the connection', '{place}：拒绝连接'],
  ['{place#}: no such host', '{place}：没有这个主机'],
  ['{place#}: the name service did not answer', '{place}：域名服务没有应答'],
  ['{place#}: the network does not lead there', '{place}：网络无法到达那里'],
  ['{place#}: closed the connection at once', '{place}：立即关闭了连接'],
  ['refused the connection', '拒绝连接'],
  ['closed the connection at once', '立即关闭了连接'],
  ['{why~}; check executors.database.databases.{name#}', '{why}；请检查 executors.database.databases.{name}'],
  ['check executors.database.databases.{name#}', '请检查 executors.database.databases.{name}'],

  [
    'executors.{name#} is not configured: set {keys} in fixpoint.yaml',
    '未配置 executors.{name}：请在 fixpoint.yaml 中设置 {keys}',
  ],
  ['there is no kind {kind}', '没有 {kind} 这个类型'],
  ['it needs no server of its own, or none is configured', '它不需要自己的服务器，或没有配置'],
  ['the check itself broke: {why}', '检查本身出错：{why}'],
];

/** Chinese: what something is told of. After all the others, which may begin in the same way and know more. */
export const OF_WHAT: readonly Saying[] = [
  // Lengths of time, as the service writes them.
  ['{n=} ms', '{n} 毫秒'],
  ['{n=} s', '{n} 秒'],
  ['{n=} min', '{n} 分钟'],
  ['{n=} min {rest=} s', '{n} 分 {rest} 秒'],
  ['{n=} h', '{n} 小时'],
  ['{n=} h {rest=} min', '{n} 小时 {rest} 分'],
  ['embedded store in {directory}', '内嵌存储，位于 {directory}'],
  ['{method!} {url#}: {why~}', '{method} {url}：{why}'],
  ['{cluster#}/{namespace#}/{kind#}/{name#}: {why~}', '{cluster}/{namespace}/{kind}/{name}：{why}'],
  // A Chinese report quotes what was said.
  ['{what~}：{why~}', '{what}：{why}'],
];
