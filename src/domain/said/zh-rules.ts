import type { Saying } from './saying.js';

/** Chinese: why a rule matches or does not, and why a condition holds or does not. */
export const RULES: readonly Saying[] = [
  ['the rule is switched off (enabled: false)', '规则已停用（enabled: false）'],
  ['the rule takes any alert', '规则接受任何告警'],
  ['an earlier rule decided', '更靠前的规则已作出决定'],
  ['metric_value is null, the rule wants {wanted}', '没有指标值，规则要求 {wanted}'],
  [
    'metric_value is {value#}[ {unit}], which cannot be compared with {figure}; the rule wants {wanted}',
    '指标值为 {value}[ {unit}]，无法与 {figure} 比较；规则要求 {wanted}',
  ],
  ['metric_value is {value#}[ {unit}], the rule wants {wanted}', '指标值为 {value}[ {unit}]，规则要求 {wanted}'],
  [
    'alert_name {state~}, the rule wants one of {wanted} and {more#} more',
    '告警名称{state}，规则要求为 {wanted} 之一（另有 {more} 个）',
  ],
  ['alert_name {state~}, the rule wants one of {wanted}', '告警名称{state}，规则要求为 {wanted} 之一'],
  ['alert_name {state~}, the rule wants {wanted}', '告警名称{state}，规则要求 {wanted}'],
  [
    'service_name {state~}, the rule wants one of {wanted} and {more#} more',
    '服务{state}，规则要求为 {wanted} 之一（另有 {more} 个）',
  ],
  ['service_name {state~}, the rule wants one of {wanted}', '服务{state}，规则要求为 {wanted} 之一'],
  ['service_name {state~}, the rule wants {wanted}', '服务{state}，规则要求 {wanted}'],
  [
    'severity is {severity#}, the rule wants {one#} or {other#} or {third#}',
    '级别为 {severity}，规则要求 {one}、{other} 或 {third}',
  ],
  ['severity is {severity#}, the rule wants {one#} or {other#}', '级别为 {severity}，规则要求 {one} 或 {other}'],
  ['severity is {severity#}, the rule wants {wanted#}', '级别为 {severity}，规则要求 {wanted}'],
  ['severity is {severity#}', '级别为 {severity}'],
  ['label {label#} is missing, the rule wants {wanted}', '标签 {label} 不存在，规则要求 {wanted}'],
  ['label {label#} is {value}, the rule wants {wanted}', '标签 {label} 为 {value}，规则要求 {wanted}'],
  ['label {label#} is missing', '标签 {label} 不存在'],
  ['label {label#} is {value}', '标签 {label} 为 {value}'],
  ['alert_name {state~}', '告警名称{state}'],
  ['service_name {state~}', '服务{state}'],
  ['is not known', '未知'],
];

/** Chinese: what an expression saw. They come last: nearly everything looks like them. */
export const VALUES: readonly Saying[] = [
  ['it says true', '它写的就是 true'],
  ['it says false', '它写的就是 false'],
  ['it is true', '为真'],
  ['it is false', '为假'],
  ['the condition is null', '条件的结果为空'],
  ['the condition is {value}, not true or false', '条件的结果为 {value}，不是 true 或 false'],
  ['{name@} is {value}, not true or false', '{name} 为 {value}，不是 true 或 false'],
  ['{name@} is null', '{name} 为空'],
  ['{name@} is missing, {rest~}', '{name} 不存在，{rest}'],
  ['{name@} is missing', '{name} 不存在'],
  ['{name@} is set, {rest~}', '{name} 已设置，{rest}'],
  ['{name@} is set', '{name} 已设置'],
  ['{name@} is a list of {n#}, {rest~}', '{name} 是含 {n} 项的列表，{rest}'],
  ['{name@} is a list of {n#}', '{name} 是含 {n} 项的列表'],
  ['{name@} is an object, {rest~}', '{name} 是一个对象，{rest}'],
  ['{name@} is an object', '{name} 是一个对象'],
  ['{name@} is {value=}, {rest~}', '{name} 为 {value}，{rest}'],
  ['{name@} is {value=}', '{name} 为 {value}'],
  ['is {value}', '为 {value}'],
];
