import { formatMs } from '../domain/duration.js';
import { say } from '../domain/said/zh.js';
import type { RunOutcome, RunState, SkipReason, WaitReason } from '../domain/run/run.js';
import type { Words } from './words.js';

const WAITS_ZH: Readonly<Record<WaitReason, string>> = {
  retry: '等待下一次尝试',
  timer: '等待定时器',
  approval: '等待审批',
  confirmation: '等待确认',
  in_doubt: '无法判断是否已经执行',
  pause: '因暂停而搁置',
  sub_playbook: '等待另一个运行中的人员处理',
};

const SKIPS_ZH: Readonly<Record<SkipReason, string>> = {
  condition: '条件不满足',
  dependency_failed: '前置步骤失败',
  aborted: '运行已中止',
  run_if: '无需执行',
  alert_resolved: '告警已恢复',
  playbook_off: '剧本已停用',
  denied: '未获批准',
  cancelled: '运行已取消',
};

const RUN_STATE_ZH: Readonly<Record<RunState, string>> = {
  pending: '尚未开始',
  running: '运行中',
  waiting: '等待人工处理',
  paused: '已暂停',
  succeeded: '成功',
  failed: '失败',
  cancelled: '已取消',
};

const OUTCOME_ZH: Readonly<Record<RunOutcome, string>> = {
  verified: '已验证：检查表明问题已缓解',
  unverified: '未验证：做了更改，尚未检查是否有效',
  not_fixed: '未修复',
  nothing_done: '未做任何更改',
  handed_over: '已移交人工',
};

const SEVERITY_ZH: Readonly<Record<string, string>> = { critical: '严重', warning: '警告', info: '提示' };

/** A text of which nothing is known was written by somebody else, and stays as it is to the last sign. */
function said(text: string): string {
  const pieces = say(text);
  return pieces.some((piece) => piece.said && /\p{Script=Han}/u.test(piece.text))
    ? pieces.map((piece) => piece.text).join('')
    : text;
}

/** Reports in Chinese. */
export const chinese: Words = {
  html_lang: 'zh-CN',
  said,
  duration: (ms) =>
    formatMs(ms).replace('ms', '毫秒').replace('min', '分').replace(/\bs\b/, '秒').replace(/\bh\b/, '小时'),
  list: (parts) => parts.join('；'),
  sentence: (text) => (/[.!?…。！？]$/.test(text) ? text : `${text}。`),
  join: (sentences) => sentences.join(''),
  more: (count) => `另有 ${count} 项`,
  title: {
    state: (name, state, duration) =>
      duration === null ? `${name} ${RUN_STATE_ZH[state]}` : `${name} ${RUN_STATE_ZH[state]}，用时 ${duration}`,
    not_fixed: '，但问题仍然存在',
    dry_run: (title) => `演练（未做任何更改）：${title}`,
    shadow: (title) => `影子模式（未做任何更改）：${title}`,
    recorded: (title) => `仅记录（未做任何更改）：${title}`,
  },
  summary: {
    alert: (severity, name, where, value) =>
      `${SEVERITY_ZH[severity] ?? severity}告警 ${name}${where === null ? '' : `，对象 ${where}`}${value === null ? '' : `，当前值 ${value}`}。`,
    alerts: (count) => `共 ${count} 条告警一并处理。`,
    incident: (priority, title, incident_id) => `所属事件 ${priority}：${title}（${incident_id}）。`,
    by_hand: (by) => `由 ${by} 手动启动，没有关联告警。`,
    changed: (changes) => `已更改：${changes}。`,
    would_change: (changes) => `未做任何更改；若实际执行，将会更改：${changes}。`,
    taken_back: '所做的更改已撤销。',
    nothing_changed: '未做任何更改。',
    perhaps_changed: '尚不清楚是否有更改。',
    nothing_would_change: '未做任何更改，实际执行也不会更改。',
    failed: (reason) => `运行失败：${reason}`,
    cancelled: (reason) => `运行已取消：${reason}`,
    waits: (reason) => `等待人工处理：${reason}`,
    paused: (reason) => `运行已暂停：${reason}`,
    resolved: '告警已恢复。',
    resolved_without_us: '告警已恢复，但与本次运行无关：本次运行未做任何更改。',
    still_firing: '运行结束时告警尚未恢复。',
    outcome: {
      verified: '事后检查表明问题已缓解。',
      unverified: null,
      not_fixed: '问题没有修复。',
      nothing_done: null,
      handed_over: '问题已移交人工处理。',
    },
    unproven: '无法判断是否有效。',
    left: (first, others) => `需要您处理：${first}${others > 0 ? `（另有 ${others} 项）` : ''}`,
  },
  heading: {
    seen: '看到了什么',
    done: '做了什么',
    recorded: '若实际执行将会做什么（未做任何更改）',
    left: '还剩什么',
    timeline: '时间线（UTC）',
    links: '链接',
    facts: '基本信息',
  },
  banner: {
    dry_run: '演练：未做任何更改，写操作仅被记录。',
    shadow: '影子模式：未做任何更改，写操作仅被记录。',
    recorded: '未做任何更改，写操作仅被记录。',
  },
  fact: {
    alert: '告警',
    severity: '级别',
    service: '服务',
    host: '主机',
    playbook: '剧本',
    incident: '事件',
    rule: '规则',
    state: '状态',
    outcome: '结果',
    run: '运行',
  },
  nothing: { seen: '没有查看任何内容。', done: '未做任何更改。', perhaps: '没有确知的更改。', left: '无。' },
  left_reason: {
    failed: '失败',
    in_doubt: '存疑',
    waiting: '等待',
    held: '搁置',
    not_done: '未执行',
    still_firing: '仍在告警',
    not_fixed: '未修复',
  },
  left: {
    failed: (name, error, intended) => `${name} 失败：${error}${intended === null ? '' : `（原计划更改 ${intended}）`}`,
    in_doubt: (name, message, intended) =>
      `${name}：无法判断这次写操作是否已经执行${intended === null ? '' : `（${intended}）`}，重做之前请先查看：${message}`,
    waiting: (name, reason, message) => `${name} ${WAITS_ZH[reason]}${message === '' ? '' : `：${message}`}`,
    not_done: (name, reason, message) => `${name} 未执行（${SKIPS_ZH[reason]}）${message === '' ? '' : `：${message}`}`,
    stopped: (name, message) => `${name} 已取消${message === '' ? '' : `：${message}`}`,
    still_firing: '运行结束时告警尚未恢复，请继续观察。',
    not_fixed: '本次运行没有修复问题，需要人工处理。',
  },
  run_state: RUN_STATE_ZH,
  step_state: {
    pending: '尚未开始',
    running: '运行中',
    waiting: '等待',
    succeeded: '成功',
    failed: '失败',
    skipped: '跳过',
    cancelled: '已取消',
  },
  outcome: OUTCOME_ZH,
  timeline: {
    opened: (by) => `由 ${by} 启动`,
    opened_by_rule: (rule_id) => `由规则 ${rule_id} 启动`,
    rescued: () => '原工作进程终止，已被接管',
    joined: (count) => `又有 ${count} 条告警加入`,
    resolved: '告警恢复',
    retrying: (name, error) => `${name} 失败，将重试：${error}`,
    step: (name, text) => (text === '' ? name : `${name}：${text}`),
    took: (duration) => `（${duration}）`,
    recorded: (text) => `${text}（仅记录，未执行）`,
    lost: (name) => `${name} 被中断`,
    told: (message) => `已通知：${message}`,
    escalated: (message) => `已升级：${message}`,
    aborted: (reason) => `中止：${reason}`,
    paused: (by, reason) => `${by} 暂停了运行${reason === null ? '' : `：${reason}`}`,
    resumed: (by) => `${by} 恢复了运行`,
    compensating: (reason) => `开始撤销已做的更改：${reason}`,
    approved: (by, comment) => `${by} 已批准${comment === null ? '' : `：${comment}`}`,
    denied: (by, comment) => `${by} 已拒绝${comment === null ? '' : `：${comment}`}`,
    expired: '无人在期限内答复，视为拒绝',
    confirmed: (by, solved, comment) =>
      `${by} 确认问题${solved ? '已解决' : '未解决'}${comment === null ? '' : `：${comment}`}`,
    settled: (by, done, comment) =>
      `${by} 确认该操作${done ? '已执行' : '未执行'}${comment === null ? '' : `：${comment}`}`,
    retried: (by, reason) => `${by} 重新尝试${reason === null ? '' : `：${reason}`}`,
    cancel: (by, reason) => `${by} 取消了运行${reason === null ? '' : `：${reason}`}`,
    finished: (state) => `运行${RUN_STATE_ZH[state]}`,
    outcome: (outcome, reason, by) => `结果改为 ${OUTCOME_ZH[outcome]}（${by}）：${reason}`,
    omitted: (count) => `……省略 ${count} 行，完整内容见运行页面`,
  },
  link: { run: '运行页面', dashboard: '仪表盘', runbook: '处理手册', generator: '告警来源' },
  notice: {
    escalate: (playbook) => `升级：${playbook} 需要人工处理`,
    notify: (playbook) => `${playbook} 的通知`,
    step: (name, state) => `步骤：${name}（${state}）`,
    run: (playbook, state) => `运行：${playbook}（${state}）`,
    approve: (yes, no, until) => `批准：${yes}\n拒绝：${no}\n${until} 之前无人答复视为拒绝。`,
    confirm: (yes, no) => `已解决：${yes}\n未解决：${no}`,
    settle: (yes, no) => `已执行：${yes}\n未执行（将重新执行）：${no}`,
    recorded: '本次运行不做任何更改，写操作仅被记录。',
  },
  footer: '由 Fixpoint 根据运行记录生成。',
};
