import type { Saying } from './saying.js';

/** Chinese: why an alert was decided as it was. */
export const TRIAGE: readonly Saying[] = [
  [
    'no rule matches; `fixpoint explain --alert alert.json` (POST /api/v1/rules/explain) tells why',
    '没有规则匹配；`fixpoint explain --alert alert.json`（POST /api/v1/rules/explain）会说明原因',
  ],
  ['no rule matches', '没有规则匹配'],
  ['rule {rule#} matches, but its mode is off', '规则 {rule} 匹配，但它的模式为“关闭”'],
  ['rule {rule#} matches, but playbook {playbook#} is off', '规则 {rule} 匹配，但剧本 {playbook} 已关闭'],
  ['rule {rule#} is off', '规则 {rule} 已关闭'],
  ['playbook {playbook#} is off', '剧本 {playbook} 已关闭'],
  ['rule {rule#} is cooling down until {until#}', '规则 {rule} 处于冷却期，直到 {until}'],
  [
    'rule {rule#} has a cooldown of {length}, and the service was written to at {at#}',
    '规则 {rule} 的冷却期为 {length}，而该服务在 {at} 有过写操作',
  ],
  [
    'rule {rule#} has a cooldown of {length}, and {service} was written to at {at#}',
    '规则 {rule} 的冷却期为 {length}，而 {service} 在 {at} 有过写操作',
  ],
  ['rule {rule#} matches: it joins run {run#} of {playbook#}', '规则 {rule} 匹配：并入剧本 {playbook} 的运行 {run}'],
  [
    'rule {rule#} matches: run {run#} of {playbook#} starts[ at {at#}, with the alerts that its group gets until then (group_wait)]',
    '规则 {rule} 匹配：启动剧本 {playbook} 的运行 {run}[，于 {at} 开始，届时同组的告警一并处理（group_wait）]',
  ],
  [
    'rule {rule#} matches: a new run of {playbook#} starts[ at {at#}, with the alerts that its group gets until then (group_wait)]',
    '规则 {rule} 匹配：将启动剧本 {playbook} 的新运行[，于 {at} 开始，届时同组的告警一并处理（group_wait）]',
  ],
  ['rule {rule#} starts nothing now: {why~}', '规则 {rule} 目前不启动运行：{why}'],
  ['rule {rule#}: set {problem}', '规则 {rule}：set {problem}'],
  [
    'run {run#} of the same group ended at {at#}, and its group_interval is over at {until#}',
    '同组的运行 {run} 于 {at} 结束，其 group_interval 到 {until} 为止',
  ],
  [
    'rule {rule#} starts at most {most#} run[s] per {per} for alerts without a service, and has started {started#}, the first of them at {at#}',
    '规则 {rule} 对没有服务的告警每 {per} 最多启动 {most} 次运行，已启动 {started} 次，其中第一次在 {at}',
  ],
  [
    'rule {rule#} starts at most {most#} run[s] per {per} for {service}, and has started {started#}, the first of them at {at#}',
    '规则 {rule} 对 {service} 每 {per} 最多启动 {most} 次运行，已启动 {started} 次，其中第一次在 {at}',
  ],
  ['the condition that alert {alert#} reported has ended', '告警 {alert} 所报告的状况已结束'],
  ['the condition has ended; no open occurrence of it was known', '状况已结束；此前没有它未结束的发生记录'],
  ['its condition has ended since, and began anew with alert {alert#}', '此后该状况已结束，并随告警 {alert} 重新开始'],
  [
    'it began at {began#}, and its condition ended at {ended#}: it came late',
    '它始于 {began}，而该状况已于 {ended} 结束：它来迟了',
  ],
  ['repeats alert {alert#}; run {run#} is under way', '与告警 {alert} 重复；运行 {run} 正在进行'],
  [
    'repeats alert {alert#}; run {run#} did not fix it, and max_runs_per_occurrence is {most#}',
    '与告警 {alert} 重复；运行 {run} 未能解决，且 max_runs_per_occurrence 为 {most}',
  ],
  ['was repeated while it was held, and run {run#} is under way', '暂缓期间再次收到，运行 {run} 正在进行'],
  [
    'was repeated while it was held, and run {run#} did not fix it, and max_runs_per_occurrence is {most#}',
    '暂缓期间再次收到，运行 {run} 未能解决，且 max_runs_per_occurrence 为 {most}',
  ],
  [
    'tells again of what alert {alert#} told: the same event was delivered twice',
    '再次报告了告警 {alert} 已报告的内容：同一事件被投递了两次',
  ],
  ['repeats alert {alert#} word for word; its occurrence is open', '与告警 {alert} 逐字相同；其发生尚未结束'],
  [
    'repeats alert {alert#} word for word; its occurrence has run {run#}',
    '与告警 {alert} 逐字相同；其发生已有运行 {run}',
  ],
  ['repeats alert {alert#} word for word, and still no rule matches', '与告警 {alert} 逐字相同，仍然没有规则匹配'],
  ['repeats alert {alert#} word for word, and is filtered as it was', '与告警 {alert} 逐字相同，同样被过滤'],
  ['repeats alert {alert#} word for word and is held with it: {why~}', '与告警 {alert} 逐字相同，一并暂缓：{why}'],
  [
    'it comes and goes: {changes#} changes between firing and resolved since {since#} (more than {most#} within {within} is flapping); it is decided when it has fired for {quiet} without a change',
    '它反复触发和恢复：自 {since} 以来变化 {changes} 次（{within}内超过 {most} 次即为抖动）；待其持续触发 {quiet}不再变化后再作决定',
  ],
  [
    "Alertmanager's silence {silence#} of {who} holds it until {until#}[: {comment}], and {more#} more",
    '{who} 在 Alertmanager 中的静默 {silence} 将其暂缓至 {until}[：{comment}]，另有 {more} 条',
  ],
  [
    "Alertmanager's silence {silence#} of {who} holds it until {until#}[: {comment}]",
    '{who} 在 Alertmanager 中的静默 {silence} 将其暂缓至 {until}[：{comment}]',
  ],
  [
    'silence {silence#} of {who} holds it until {until#}[: {comment}], and {more#} more',
    '{who} 的静默 {silence} 将其暂缓至 {until}[：{comment}]，另有 {more} 条',
  ],
  [
    'silence {silence#} of {who} holds it until {until#}[: {comment}]',
    '{who} 的静默 {silence} 将其暂缓至 {until}[：{comment}]',
  ],
  [
    'maintenance window {window#} of {who} holds it for longer than can be foreseen[: {comment}]',
    '{who} 的维护窗口 {window} 将其暂缓，结束时间无法预见[：{comment}]',
  ],
  [
    'maintenance window {window#} of {who} holds it until {until#}[: {comment}]',
    '{who} 的维护窗口 {window} 将其暂缓至 {until}[：{comment}]',
  ],
  [
    '{name} (alert {alert#}) fires, and inhibition rule {rule#} holds this back meanwhile[, same {labels#}[, {more}]][ ({who}: {comment})]',
    '{name}（告警 {alert}）正在触发，抑制规则 {rule} 在此期间将其暂缓[，相同标签 {labels}][、{more}][（{who}：{comment}）]',
  ],
  ['the entry {entry#} of intake drops everything', '接入条目 {entry} 丢弃一切告警'],
  ['the entry {entry#} of intake drops what is {what}', '接入条目 {entry} 丢弃符合 {what} 的告警'],
  [
    'storm[ of {scope}], level {level#}[ since {since#}]: {figures~} within a minute: nothing new starts, people are told',
    '告警风暴[（{scope}）]，级别 {level}[，自 {since} 起]：一分钟内 {figures}：不再启动新的运行，只通知人员',
  ],
  [
    'storm[ of {scope}], level {level#}[ since {since#}]: {figures~} within a minute: what it writes needs an approval',
    '告警风暴[（{scope}）]，级别 {level}[，自 {since} 起]：一分钟内 {figures}：其写操作需要审批',
  ],
  [
    'storm[ of {scope}], level {level#}[ since {since#}]: {figures~} within a minute: nothing new starts',
    '告警风暴[（{scope}）]，级别 {level}[，自 {since} 起]：一分钟内 {figures}：不再启动新的运行',
  ],
  [
    'storm[ of {scope}], level {level#}[ since {since#}]: {figures~} within a minute',
    '告警风暴[（{scope}）]，级别 {level}[，自 {since} 起]：一分钟内 {figures}',
  ],
  [
    '{starts#} run[s] to start (limit {limit#}) and {alerts#} new alert[s] (limit {most#})',
    '待启动运行 {starts} 次（上限 {limit}）、新告警 {alerts} 条（上限 {most}）',
  ],
  ['{starts#} run[s] to start (limit {limit#})', '待启动运行 {starts} 次（上限 {limit}）'],
  ['{alerts#} new alert[s] (limit {limit#})', '新告警 {alerts} 条（上限 {limit}）'],
  ['decided by hand: {why}', '由人决定：{why}'],
];

/** Chinese: what would become of an alert, stage by stage. */
export const FORESEEN: readonly Saying[] = [
  ['there are no entries of intake', '没有配置接入条目'],
  ['there are no entries of intake; {remarks~}', '没有配置接入条目；{remarks}'],
  ['no entry of intake concerns what {source#} sends so', '没有接入条目涉及 {source} 这样发来的内容'],
  [
    'no entry of intake concerns what {source#} sends so; {remarks~}',
    '没有接入条目涉及 {source} 这样发来的内容；{remarks}',
  ],
  ['it changes {fields}', '它改变了 {fields}'],
  ['metric_value is {value#}, by {how~}', 'metric_value 为 {value}，依据：{how}'],
  ['no entry of intake drops it', '没有接入条目将其丢弃'],
  ['no silence matches it', '没有静默与之匹配'],
  ['no maintenance window holds it now', '目前没有维护窗口将其暂缓'],
  ['no alert that fires holds it back', '没有正在触发的告警将其暂缓'],
  ['nobody has told of this condition, or it has ended since', '此状况尚未有人报告，或已经结束'],
  [
    'it repeats alert {alert#}, which has started nothing yet: it is decided anew',
    '与告警 {alert} 重复，后者尚未启动任何运行：重新决定',
  ],
  [
    'it repeats alert {alert#}, whose run {run#} did not fix it ({used#} used): it is decided anew',
    '与告警 {alert} 重复，其运行 {run} 未能解决（已用 {used} 次）：重新决定',
  ],
  ['taken by {rules}', '由 {rules} 处理'],
  ['{playbook#} by {rule#}: auto[, {rest~}]', '{playbook}（规则 {rule}）：自动[，{rest}]'],
  ['{playbook#} by {rule#}: approve[, {rest~}]', '{playbook}（规则 {rule}）：先审批[，{rest}]'],
  ['{playbook#} by {rule#}: shadow[, {rest~}]', '{playbook}（规则 {rule}）：影子[，{rest}]'],
  ['{playbook#} by {rule#}: off[, {rest~}]', '{playbook}（规则 {rule}）：关闭[，{rest}]'],
  ['its condition does not come and go', '状况没有反复触发和恢复'],
  ['its cooldown of {length} is over', '其 {length} 的冷却期已过'],
  [
    'no run of {playbook#} is open for its group and service: a new one starts[; it begins at {at#}, when its group_wait is over]',
    '其分组和服务没有剧本 {playbook} 未结束的运行：将启动新的运行[；于 {at} 开始，届时 group_wait 结束]',
  ],
  ['it joins run {run#} of {playbook#}', '并入剧本 {playbook} 的运行 {run}'],
  ['it has started fewer than {most#} run[s] within {per}', '在 {per} 内启动的运行少于 {most} 次'],
  [
    'storms are not watched (storm.starts_per_minute and the others are 0)',
    '未监测告警风暴（storm.starts_per_minute 等均为 0）',
  ],
  ['no storm', '没有告警风暴'],
];
