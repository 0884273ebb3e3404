import type { Saying } from './saying.js';

/** Chinese: what executors found, and why they did not do what they were asked for. */
export const FINDINGS: readonly Saying[] = [
  [
    '{used#} of {max#} connections are used ({share}), more than {most}',
    '已用 {used}/{max} 个连接（{share}），超过 {most}',
  ],
  [
    '{n#} sessions of other users are hidden: grant pg_monitor to {role#}',
    '其他用户的 {n} 个会话不可见：请把 pg_monitor 授予 {role}',
  ],
  [
    '{n#} statements or transactions are open for longer than {length#}, the longest for {longest}',
    '{n} 个语句或事务打开超过 {length}，最长的已有 {longest}',
  ],
  [
    '{n#} sessions wait for locks, the longest for {longest}, blocked by {who}',
    '{n} 个会话在等待锁，最长的已等待 {longest}，被 {who} 阻塞',
  ],
  ['{who~} is {lag} behind, more than {most#}', '{who}落后 {lag}，超过 {most}'],
  ['this standby', '此备库'],
  ['standby {name#}', '备库 {name} '],
  ['this standby receives nothing from its primary', '此备库没有从主库收到任何内容'],
  ['how far this standby is behind is not known', '不知道此备库落后多少'],
  ['the standbys are hidden: grant pg_monitor to this role', '备库不可见：请把 pg_monitor 授予此角色'],
  ['the database has {n#} bytes, more than {most#}', '数据库有 {n} 字节，超过 {most}'],
  [
    'database {name#} is not configured in executors.database.databases; there are: {names}',
    'executors.database.databases 中没有配置数据库 {name}；已有：{names}',
  ],
  ['name the database to look at; there are: {names}', '请指明要查看的数据库；已有：{names}'],
  [
    'no database lists the service {service}: add it to executors.database.databases.<name>.services; there are: {names}',
    '没有数据库列出服务 {service}：请把它加入 executors.database.databases.<name>.services；已有：{names}',
  ],
  ['several databases list the service {service}: name the database', '有多个数据库列出服务 {service}：请指明数据库'],
  ['not known', '未知'],
  ['not healthy', '不健康'],
  ['{n#} rows', '{n} 行'],
  ['{database#}: healthy[, {n#} rows]', '{database}：健康[，{n} 行]'],
  ['{database#}: reachable[, {n#} rows]', '{database}：可以访问[，{n} 行]'],
  ['{database#}: not healthy, {why~}, {n#} rows', '{database}：不健康，{why}，{n} 行'],
  ['{database#}: not healthy, {why~}', '{database}：不健康，{why}'],
  ['{database#}: not known, {check#}: {why~}, {n#} rows', '{database}：未知，{check}：{why}，{n} 行'],
  ['{database#}: not known, {check#}: {why~}', '{database}：未知，{check}：{why}'],
  ['{database#}: unreachable, {why~}', '{database}：无法访问，{why}'],
  ['{why~} while it was being looked at', '{why}（正在查看时）'],
  ['{place#}: a statement took longer than statement_timeout allows', '{place}：语句用时超过 statement_timeout'],
  ['{place#}: the role may not see this: {why}', '{place}：该角色无权查看：{why}'],
  ['{place#}: only reading is allowed: {why}', '{place}：只允许读取：{why}'],
  ['a statement took longer than statement_timeout allows', '语句用时超过 statement_timeout'],
  ['the role may not see this: {why}', '该角色无权查看：{why}'],
  ['only reading is allowed: {why}', '只允许读取：{why}'],

  [
    'Elasticsearch at {url#} answered without counts: is this Elasticsearch?',
    'Elasticsearch（{url}）的应答没有计数：这是 Elasticsearch 吗？',
  ],
  [
    'Elasticsearch at {url#} answered something that is no search result[ (at {place})]',
    'Elasticsearch（{url}）的应答不是搜索结果[（位于 {place}）]',
  ],
  ['no index matches {index#}', '没有与 {index} 匹配的索引'],
  ['Elasticsearch answered from a part of the logs only: {why~}', 'Elasticsearch 只依据部分日志作出应答：{why}'],
  ['it ran out of time', '它用完了时间'],
  ['{failed#} of {all#} shards failed[ ({why})]', '{all} 个分片中有 {failed} 个失败[（{why}）]'],
  ['{n#} remote clusters did not answer in full', '{n} 个远程集群没有完整应答'],
  ['it counted a lower bound only', '它只计出了下限'],
  ['no log lines of {service} in {length#}: nothing is known', '{length} 内没有 {service} 的日志：无从判断'],
  [
    'no log lines of {service} in {length#} ({why~}): nothing is known',
    '{length} 内没有 {service} 的日志（{why}）：无从判断',
  ],
  [
    '{lines#} line[s], {errors#} error[s] ({share#} %)[, {n#} with keywords]',
    '{lines} 行，{errors} 个错误（{share} %）[，{n} 行含关键词]',
  ],
  [
    'the cluster does not tell how its fields are mapped: a service whose name contains this one may be counted too',
    '集群未告知字段的映射：名称包含此服务名的其他服务可能也被计入',
  ],
  [
    'no index has any of the fields {fields}: see executors.elasticsearch.fields.service',
    '没有索引包含字段 {fields} 中的任何一个：见 executors.elasticsearch.fields.service',
  ],
  [
    '{field#} is known by its words only: a service whose name contains this one is counted too',
    '{field} 只能按词查找：名称包含此服务名的其他服务也被计入',
  ],
  [
    'no index has the field {fields}: see executors.elasticsearch.fields.message',
    '没有索引包含字段 {fields}：见 executors.elasticsearch.fields.message',
  ],
  [
    '{field#} is not mapped as a date: see executors.elasticsearch.fields.timestamp',
    '{field} 未映射为日期：见 executors.elasticsearch.fields.timestamp',
  ],

  [
    'executors.kubernetes is not configured: set kubeconfig, in_cluster or server in fixpoint.yaml (no credential is used unless it is named there)',
    '未配置 executors.kubernetes：请在 fixpoint.yaml 中设置 kubeconfig、in_cluster 或 server（只使用在那里指明的凭据）',
  ],
  [
    'guard min_replicas {min#} is above guard max_replicas {max#}',
    '护栏 min_replicas {min} 高于护栏 max_replicas {max}',
  ],
  [
    '{name#} is not a Kubernetes name: say name and namespace, or map the service in executors.kubernetes.services',
    '{name} 不是 Kubernetes 名称：请写明 name 和 namespace，或在 executors.kubernetes.services 中映射该服务',
  ],
  ['there is no {kinds} named {name#} in namespace {namespace#}', '命名空间 {namespace} 中没有名为 {name} 的 {kinds}'],
  [
    'several objects are named {name#} in namespace {namespace#}: {kinds}; say which with the parameter kind',
    '命名空间 {namespace} 中有多个对象名为 {name}：{kinds}；请用参数 kind 指明',
  ],
  ['{kind#} {name#} is being deleted', '{kind} {name} 正在被删除'],
  [
    'the task says {key#} {said}, but executors.kubernetes.services.{service} says {known}',
    '任务写的 {key} 是 {said}，而 executors.kubernetes.services.{service} 写的是 {known}',
  ],
  [
    '{target}: nobody can tell whether replicas were set from {from#} to {to#}: {why~}',
    '{target}：无法判断副本数是否已从 {from} 改为 {to}：{why}',
  ],
  ['the object was deleted meanwhile', '对象在此期间被删除'],
  ['the object was deleted and made anew meanwhile', '对象在此期间被删除并重建'],
  [
    'somebody else set replicas to {n#} meanwhile (written were {written#})',
    '在此期间有人把副本数设为 {n}（写入的是 {written}）',
  ],
  ['{name#} is not scheduled: {why}', '{name} 未被调度：{why}'],
  ['{name#} {container#} waits: {why}', '{name} {container} 在等待：{why}'],
  ['{name#} {container#} ended: {why}(exit code {code#})', '{name} {container} 已结束：{why}（退出码 {code}）'],
  ['{name#} is {phase#} and not ready', '{name} 处于 {phase}，未就绪'],
  ['{target#} was deleted and made anew since', '{target} 此后被删除并重建'],
  [
    '{target#} has {n#} replica[s] (planned were {from#} → {to#}) and does not bear the mark of this change: somebody else changed it since',
    '{target} 有 {n} 个副本（计划为 {from} → {to}），且没有此次变更的标记：此后有人改动过',
  ],
  [
    '{target#}: guard autoscaler: {names} sets its replicas and would undo this; change its bounds, or say ignore_autoscaler: true',
    '{target}：护栏 autoscaler：{names} 会设置其副本数并撤销此操作；请更改其上下限，或写 ignore_autoscaler: true',
  ],
  ['nobody looked for an autoscaler: {why~}', '没有检查是否有自动扩缩容器：{why}'],
  [
    '{target}: replicas were set from {from#} to {to#}, but only {ready#} of {all#} became ready in time: {why~}',
    '{target}：副本数已从 {from} 改为 {to}，但只有 {ready}/{all} 个及时就绪：{why}',
  ],
  ['{target}: replicas were set from {from#} to {to#}: {why~}', '{target}：副本数已从 {from} 改为 {to}：{why}'],
  ['{name#} {from#} → {to#} replicas, ready', '{name} {from} → {to} 个副本，已就绪'],
  ['{name#} {from#} → {to#} replicas', '{name} {from} → {to} 个副本'],

  [
    'no channel is configured: set notifiers.email (or slack, dingtalk, wecom, feishu, webhook) and name it where report.notify is set',
    '没有配置任何渠道：请设置 notifiers.email（或 slack、dingtalk、wecom、feishu、webhook），并在 report.notify 中写上它',
  ],
  ['the notifiers broke: {why}', '通知器出错：{why}'],
  ['sent by {names}; {why}', '已通过 {names} 发送；{why}'],
  ['this process is not configured to begin runs', '此进程未配置为可以启动运行'],
  ['run {run#} of {playbook#} was cancelled[: {why~}]', '剧本 {playbook} 的运行 {run} 已取消[：{why}]'],
  ['run {run#} of {playbook#} succeeded[ ({outcome})]', '剧本 {playbook} 的运行 {run} 成功[（{outcome}）]'],
  ['run {run#} of {playbook#} failed[: {why~}]', '剧本 {playbook} 的运行 {run} 失败[：{why}]'],

  ['the condition is true for series {which~}', '条件对以下序列成立：{which}'],
  [
    'with labels that the alert lacks ({names}), so that nobody can tell whether they are its own; are they dropped on the way by alert_relabel_configs?',
    '带有告警所没有的标签（{names}），因此无法判断它们是否属于该告警；是否在途中被 alert_relabel_configs 去掉了？',
  ],
  [
    'the condition answers nothing for the labels of the alert, and it has no comparison that can be taken apart, so nobody can tell whether it is false or has no data',
    '条件对告警的标签没有结果，且其中没有可拆开的比较，因此无法判断是不成立还是没有数据',
  ],
  [
    'the condition is not true, but what it compares is no figure for the labels of the alert: {query}',
    '条件不成立，但对告警的标签而言，它所比较的不是数值：{query}',
  ],
  [
    'the condition is not true, and its data is of series {which~}: {query}',
    '条件不成立，且其数据所属的序列{which}：{query}',
  ],
  [
    'the condition is not true, and there is no data for the labels of the alert: {query}',
    '条件不成立，且告警的标签没有数据：{query}',
  ],
  ['the range is empty: its end does not come after its start', '时间范围为空：结束不在开始之后'],
  ['step: {step} makes more than {n#} points; choose a longer one', 'step：{step} 会产生超过 {n} 个点；请选更长的'],
  ['it answers a {type#}', '它的结果是 {type}'],
  ['it answers no series', '它没有返回序列'],
  ['it answers {n#} series, and one is wanted', '它返回了 {n} 个序列，而需要的是一个'],
  ['it answers {what}', '它的结果是 {what}'],
  ['no data', '没有数据'],
  ['no figure', '没有数值'],
  ['{n#} series, the greatest {figure~}', '{n} 个序列，最大值 {figure}'],

  [
    'executors.topology is not configured: set url (Jaeger) or services in fixpoint.yaml',
    '未配置 executors.topology：请在 fixpoint.yaml 中设置 url（Jaeger）或 services',
  ],
  ['without traces: {why~}', '没有链路数据：{why}'],
  ['nothing is known about {service}', '对 {service} 一无所知'],
  ['{service#} calls nothing and is called by nothing', '{service} 不调用任何服务，也不被任何服务调用'],
  ['{service#} calls nothing and is called by {who}', '{service} 不调用任何服务，被 {who} 调用'],
  ['{service#} calls {whom} and is called by nothing', '{service} 调用 {whom}，不被任何服务调用'],
  ['{service#} calls {whom} and is called by {who}', '{service} 调用 {whom}，被 {who} 调用'],
  ['{service#} calls nothing', '{service} 不调用任何服务'],
  ['{service#} calls {whom}', '{service} 调用 {whom}'],
  ['{service#} is called by nothing', '{service} 不被任何服务调用'],
  ['{service#} is called by {who}', '{service} 被 {who} 调用'],

  [
    '{what} takes {takes} in the {n#} slow traces and {took} in {all#} normal ones: {service} explains {share} of the extra time',
    '{what} 在 {n} 条慢链路中用时 {takes}，在 {all} 条正常链路中用时 {took}：多出的时间有 {share} 来自 {service}',
  ],
  [
    '{what} takes {takes} in the {n#} slow traces and {took} in {all#} those before the window: {service} explains {share} of the extra time',
    '{what} 在 {n} 条慢链路中用时 {takes}，在此前窗口的 {all} 条链路中用时 {took}：多出的时间有 {share} 来自 {service}',
  ],
  [
    '{service} takes {share} of the time, mostly {what} ({length} on average), in {traces~}',
    '{service} 占用时间的 {share}，主要是 {what}（平均 {length}），依据{traces}',
  ],
  ['{n#} slow traces', '{n} 条慢链路'],
  ['{n#} traces; there is nothing to compare them with', '{n} 条链路，没有可供比较的链路'],
  [
    '{n#} of {all#} failed traces fail first in {service}, mostly in {what}',
    '{all} 条失败的链路中有 {n} 条最先在 {service} 失败，主要在 {what}',
  ],
  [
    'the window holds more than {n#} traces: counts are of those that were looked at',
    '窗口内的链路超过 {n} 条：计数只涉及查看过的链路',
  ],
  ['what was normal before is not known: {why~}', '不知道此前怎样算正常：{why}'],
  ['no traces of {service} in {length#}: nothing is known', '{length} 内没有 {service} 的链路：无从判断'],
  [
    'too few traces to know what is normal: say slow_threshold to tell slow ones apart',
    '链路太少，不知道怎样算正常：请写 slow_threshold 以区分慢链路',
  ],
  [
    '{n#} trace[s], slow ones not known, {failed#} failed, slowest {slowest}; {culprit~}',
    '{n} 条链路，慢链路数未知，{failed} 条失败，最慢 {slowest}；{culprit}',
  ],
  [
    '{n#} trace[s], {slow#} slow, {failed#} failed, slowest {slowest}; {culprit~}',
    '{n} 条链路，{slow} 条慢，{failed} 条失败，最慢 {slowest}；{culprit}',
  ],
  [
    '{n#} trace[s], slow ones not known, {failed#} failed[, slowest {slowest}]',
    '{n} 条链路，慢链路数未知，{failed} 条失败[，最慢 {slowest}]',
  ],
  [
    '{n#} trace[s], {slow#} slow, {failed#} failed[, slowest {slowest}]',
    '{n} 条链路，{slow} 条慢，{failed} 条失败[，最慢 {slowest}]',
  ],
  ['culprit {service} ({share#} %)', '根源 {service}（{share} %）'],
  ['until lies more than ten years ahead: {until#}', 'until 在十年以后：{until}'],
];

/** Chinese: what each kind of executor does. */
export const KINDS: readonly Saying[] = [
  ['Call an HTTP API', '调用 HTTP API'],
  ['Find the service that makes requests slow or fail', '找出使请求变慢或失败的服务'],
  ['Look at a Postgres database', '查看 Postgres 数据库'],
  ['Ask Prometheus', '查询 Prometheus'],
  ['Tell people by mail and chat', '通过邮件和聊天通知人员'],
  ['Wait for a length of time or until an instant', '等待一段时间，或等到某个时刻'],
  ['Scale a Deployment or StatefulSet, and wait until it is ready', '对 Deployment 或 StatefulSet 扩缩容，并等到就绪'],
  ['Tell what a service calls, and who calls it', '说明服务调用了谁、被谁调用'],
  ['Run another playbook and wait for its end', '运行另一个剧本，并等待其结束'],
  ['Count the log lines and error lines of a service', '统计服务的日志行数和错误行数'],
  ['Ask people for a yes before anything that depends on it is written', '在写入依赖它的内容之前征得人员同意'],
  [
    'Ask people whether it is solved; the answer becomes the outcome of the run',
    '询问人员问题是否已解决；答复即为运行的结果',
  ],
];
