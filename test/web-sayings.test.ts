import { describe, expect, it } from 'vitest';
import { evaluateCondition } from '../src/domain/expression/expression.js';
import { compileRules } from '../src/domain/rule/rule-match.js';
import type { Rule } from '../src/domain/rule/rule.js';
import { SuppressionSet } from '../src/domain/suppression/suppression-set.js';
import { flapHold } from '../src/triage/flapping.js';
import { FINDINGS, KINDS } from '../src/domain/said/zh-findings.js';
import { NOTICES } from '../src/domain/said/zh-notices.js';
import { RULES, VALUES } from '../src/domain/said/zh-rules.js';
import { ANSWERS, RUNS, STEPS } from '../src/domain/said/zh-runs.js';
import { FORESEEN, TRIAGE } from '../src/domain/said/zh-triage.js';
import { OF_WHAT, WAYS } from '../src/domain/said/zh-ways.js';
import { anAlert } from './helper/an-alert.js';
import { filesIn, isSaid, said, sentencesIn, unsaid } from './helper/written-sentences.js';

const ALL = [
  ...TRIAGE,
  ...FORESEEN,
  ...RULES,
  ...RUNS,
  ...WAYS,
  ...FINDINGS,
  ...KINDS,
  ...STEPS,
  ...NOTICES,
  ...ANSWERS,
  ...VALUES,
  ...OF_WHAT,
];

/** Where the sentences are written that Chinese pages show. */
const WRITERS = [
  'src/triage',
  'src/schedule',
  'src/app/foreseeing.ts',
  'src/domain/rule/rule-match.ts',
  'src/domain/rule/rule-criterion.ts',
  'src/domain/rule/rule-condition.ts',
  'src/domain/expression/expression.ts',
  'src/domain/suppression/suppression-set.ts',
  'src/domain/run/transition.ts',
  'src/domain/run/step-change.ts',
];

/** Texts there that are no sentences of their own: parts of longer ones, which are said as a whole, and what is told at load only. */
const PARTS: readonly string[] = [
  'it comes and goes: ${history.changes.length} changes between firing and resolved since ${first} ',
  'run ${NOT_STARTED} of',
  'a new run of',
  'which has started nothing yet',
  'whose run ${run_id} did not fix it (${runs_used} used)',
  'it repeats alert ${alert_id}, ${used}: it is decided anew',
  'was repeated while it was held, and',
  'repeats alert ${occurrence.alert_id};',
  'take back',
  "expected one of ${waiting.map((step) => step.step_id).join(', ')}",
  'nothing is asked of the alert; to match every alert, write alert_name: any',
  "the rule wants ${texts.join('')}",
  'the rule wants one of ${shorten(texts)}',
  'expected critical, warning, info or any, came ${called(word)}${didYouMean(word, known)}',
  'the rule wants ${text.trim()}',
  'a regular expression ends with its slash: write /(?i)${text.slice(1, -2)}/, came ${text}',
  "metric_value is ${alert.metric_value}${alert.metric_unit === null ? '' : ` ${alert.metric_unit}`}",
  'the condition',
  'a list of ${value.length}',
  'an object',
  'this event',
];

describe('what the service says, in Chinese', () => {
  it('uses every value, and is Chinese', () => {
    const holes = (text: string): string[] =>
      [...text.matchAll(/\{([a-z_]+)[#~@=!]?\}/g)].map(([, hole]) => hole!).sort();
    const wrong = ALL.filter(
      ([from, to]) => holes(from).join() !== holes(to).join() || !/\p{Script=Han}|[：（]|set \{/u.test(to),
    );

    expect(wrong).toEqual([]);
  });

  it('has no two sayings for one sentence', () => {
    const froms = ALL.map(([from]) => from.replaceAll(/\{[a-z_]+([#~@=!]?)\}/g, '{$1}'));

    expect(froms.filter((from, index) => froms.indexOf(from) !== index)).toEqual([]);
  });

  it('is there for every sentence that triage, rules and runs write', () => {
    const written = WRITERS.flatMap(filesIn).flatMap((file) => sentencesIn(file));
    const missing = written.filter((sentence) => !PARTS.includes(sentence.text) && !isSaid(sentence));

    expect(written.length).toBeGreaterThan(150);
    expect(missing.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
    expect(PARTS.filter((part) => !written.some(({ text }) => text === part))).toEqual([]);
  });

  it('is there for whatever rules say of alerts', () => {
    const seen = RULE_ALERTS.flatMap((alert) => compileRules(ASKING).explain(alert)).flatMap(({ reasons }) => reasons);

    expect(new Set(seen).size).toBeGreaterThan(45);
    expect([...new Set(seen.flatMap(unsaid))]).toEqual([]);
    expect(said('severity is critical, the rule wants info or warning')).toBe(
      '级别为 critical，规则要求 info 或 warning',
    );
    expect(said('service_name is not known, the rule wants one of a, b')).toBe('服务未知，规则要求为 a, b 之一');
  });

  it('tells one and many, lengths of time and modes', () => {
    const rate = (text: string): string =>
      `rule R starts at most ${text} per 1h for a, and has started 1, the first of them at t`;

    expect(said(rate('1 run'))).toBe('规则 R 对 a 每 1h 最多启动 1 次运行，已启动 1 次，其中第一次在 t');
    expect(said(rate('2 runs'))).toBe('规则 R 对 a 每 1h 最多启动 2 次运行，已启动 1 次，其中第一次在 t');
    expect(said('1 line, 1 error (100.0 %)')).toBe('1 行，1 个错误（100.0 %）');
    expect(said('waits 20 min, until t')).toBe('等待 20 分钟，直到 t');
    expect(said('waits 1 h 5 min, until t')).toBe('等待 1 小时 5 分，直到 t');
    expect(said('PB-Fix by R-FIX: approve')).toBe('PB-Fix（规则 R-FIX）：先审批');
    expect(said('Grow it: replicas of a/b: 2 → 3')).toBe('Grow it：a/b 的 replicas：2 → 3');
    const cutOff = (deed: string): string =>
      said(`the service stopped while this was being done: ${deed}; looked up: x`);
    expect(cutOff('replicas of a/b')).toBe('服务在执行此步骤时停止：a/b 的 replicas；查询结果：x');
    expect(cutOff('POST http://a/b')).toBe('服务在执行此步骤时停止：POST http://a/b；查询结果：x');
  });

  it('is there for whatever conditions saw', () => {
    const steps = { a: { output: { n: 1.5, s: 'x, y is 3', list: [1, 2], no: null, o: {}, long: 'y'.repeat(500) } } };
    const conditions = [
      ...[
        'n > 1',
        's == "z"',
        'list.size() > 1',
        'no == 1',
        'o.x > 2',
        'gone > 2',
        'long == "a"',
        'n',
        'no',
        's',
        'list',
        'o',
      ],
    ].map((rest) => `{{ steps.a.output.${rest} }}`);
    const told = [
      ...conditions,
      '{{ steps.a.output.n > 1 && steps.a.output.s == "x" && vars.t > 3 }}',
      '{{ 1 + 1 }}',
      true,
      false,
    ]
      .map((condition) => evaluateCondition(condition, { steps, vars: { t: 5 } }).explanation)
      .filter((explanation) => explanation.includes(' is '));

    expect(told.length).toBeGreaterThan(10);
    expect(told.flatMap(unsaid)).toEqual([]);
  });

  it('is there for whatever holds an alert back', () => {
    const comments = ['', 'deploy: v2; see #7', '数据库 "x"'];
    const told = comments.flatMap((comment) => holdsOf(comment)).map(({ explanation }) => explanation);
    const policy = { changes: 2, within_ms: 3_600_000, quiet_ms: 600_000 };
    const history = { changes: [NOW, NOW, NOW], flapping: true };
    told.push(flapHold(anAlert(), history, policy, NOW)!.explanation);

    expect(told).toHaveLength(16);
    expect(told.flatMap(unsaid)).toEqual([]);
  });
});

const NOW = '2026-11-21T10:00:00.000Z';

/** Rules that ask everything that can be asked. */
const ASKING: readonly Rule[] = [
  { alert_name: 'Disk full, again' },
  { alert_name: ['A', 'B'] },
  { alert_name: Array.from({ length: 14 }, (_, index) => `N${index}`) },
  { alert_name: '/Disk.*/' },
  { alert_name: 'any' },
  { service_name: 'shop' },
  { service_name: ['shop', '/pay.*/'] },
  { severity: 'critical' },
  { severity: ['info', 'warning'] },
  { severity: ['info', 'warning', 'critical'] },
  { matchers: ['env="prod"', 'team!~"a|b"', 'x=~"y z"'] },
  { condition: 'latency > 500ms' },
  { condition: 'disk_usage > 85%' },
  { condition: '{{ alert.metric_value > 90 && alert.labels.env == "prod" }}' },
  { condition: '{{ alert.service_name == "shop" }}' },
  { alert_name: 'any', enabled: false },
].map((asked, index) => ({ rule_id: `R-${index}`, playbook_id: 'PB-1', ...asked }));

const RULE_ALERTS = [
  anAlert({ alert_name: 'Disk full, again', severity: 'critical', metric_value: 93, metric_unit: '%' }),
  anAlert({ alert_name: 'N3', service_name: null, severity: 'info', metric_value: null, labels: {} }),
  anAlert({
    alert_name: 'B',
    service_name: 'pay',
    metric_value: 1.5,
    metric_unit: null,
    labels: { env: 'prod', x: 'y z' },
  }),
  anAlert({
    alert_name: '支付 is slow, very',
    service_name: 'a is b',
    metric_value: 7,
    metric_unit: 'GiB',
    labels: { team: 'c' },
  }),
];

/** A silence alone, two of them, one of Alertmanager, a window with and without an end, and what inhibits, each with this comment. */
function holdsOf(comment: string): { readonly explanation: string }[] {
  const alert = anAlert({ source_system: 'alertmanager', labels: { env: 'prod', team: 'a' } });
  const silence = {
    silence_id: 'S1',
    matchers: ['env="prod"'],
    starts_at: '2026-11-21T09:00:00.000Z',
    ends_at: '2026-11-21T11:00:00.000Z',
    created_by: 'ann b',
    comment,
    created_at: NOW,
    updated_at: NOW,
    ended_by: null,
    replaces: null,
    origin: 'api' as const,
  };
  const window = {
    window_id: 'W1',
    matchers: ['env="prod"'],
    schedule: { type: 'once' as const, starts_at: silence.starts_at, ends_at: silence.ends_at },
    hold: true,
    freeze: false,
    created_by: 'bob',
    comment,
    created_at: null,
    expires_at: null,
    ended_by: null,
    origin: 'file' as const,
  };
  const endless = {
    ...window,
    schedule: { type: 'cron' as const, cron: '* * * * *', duration: '2h', timezone: 'UTC' },
  };
  const set = (content: Partial<SuppressionSet['content']>): SuppressionSet =>
    new SuppressionSet({ silences: [], windows: [], inhibit_rules: [], ...content });
  return [
    set({ silences: [silence] }).silenced(alert, NOW),
    set({ silences: [silence, { ...silence, silence_id: 'S2' }] }).silenced(alert, NOW),
    set({ silences: [{ ...silence, origin: 'alertmanager' }] }).silenced(alert, NOW),
    set({ windows: [window] }).inWindow(alert, NOW),
    set({ windows: [endless] }).inWindow(alert, NOW),
  ].map((hold) => hold!);
}
