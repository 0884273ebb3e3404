import { describe, expect, it } from 'vitest';
import { aStory, begun, failed, RUN_ID, SCALED, succeeded, theDemoRun } from '../../test/helper/a-reported-run.js';
import type { Story } from '../../test/helper/a-reported-run.js';
import { anAlert } from '../../test/helper/an-alert.js';
import type { Language } from '../domain/notifier.js';
import { Report } from '../domain/run/report.js';
import { renderHtml } from './render-html.js';
import { renderText } from './render-text.js';
import { summarize } from './summarize.js';

const links = { run: `https://fixpoint.example/runs/${RUN_ID}` };

function reportOf(story: Story, language: Language = 'en'): Report {
  return summarize({ ...story, language, links });
}

/** Every way in which a report can claim a deed. */
const CLAIMS = /(?<!was |have )changed:|已更改：|(?<!nothing )was changed|What was done|做了什么/i;

describe('the report of a run', () => {
  it('says in its title how it ended and how long it took', () => {
    expect(reportOf(theDemoRun()).title).toBe('支付网关高延迟故障排查 succeeded in 5.0 s');
    expect(reportOf(theDemoRun(), 'zh').title).toBe('支付网关高延迟故障排查 成功，用时 5.0 秒');
  });

  it('tells in a few sentences what happened, what was done and whether it helped', () => {
    const report = reportOf(theDemoRun());

    expect(report.summary).toBe(
      'Critical alert Service_Latency_Exceeded on payment-gateway at 1240 ms. Changed: payment-gateway replicas 2 → 3. The alert has resolved.',
    );
    expect(reportOf(theDemoRun(), 'zh').summary).toBe(
      '严重告警 Service_Latency_Exceeded，对象 payment-gateway，当前值 1240 ms。已更改：payment-gateway replicas 2 → 3。告警已恢复。',
    );
    expect(report.left).toEqual([]);
  });

  it('is what its schema says', () => {
    const report = reportOf(theDemoRun());

    expect(Report.parse(report)).toEqual(report);
    expect(report).toMatchObject({
      run_id: RUN_ID,
      state: 'succeeded',
      outcome: 'unverified',
      duration_ms: 5_000,
      recorded_only: false,
      alert_count: 1,
      alert: { alert_name: 'Service_Latency_Exceeded', metric_value: 1240 },
      seen: [{ step_id: 'check_payment_service_status', name: '检查支付服务状态', text: 'healthy' }],
      done: [
        { target: 'payment-gateway', what: 'replicas', from: '2', to: '3', recorded_only: false, effect: 'write' },
      ],
      links,
    });
  });

  it.each([
    ['a dry run', { dry_run: true }, /^Dry run, nothing was changed: /, /^演练（未做任何更改）：/],
    ['a shadow run', { mode: 'shadow' as const }, /^Shadow mode, nothing was changed: /, /^影子模式（未做任何更改）：/],
    ['a run whose writes were only recorded', { mode: 'approve' as const }, /^Only recorded, nothing was/, /^仅记录/],
  ])('never lets %s read as if it had acted, in any form', (_what, over, english, chinese) => {
    for (const language of ['en', 'zh'] as const) {
      const report = reportOf(theDemoRun(over, true), language);

      expect(report.title).toMatch(language === 'en' ? english : chinese);
      expect(report.recorded_only).toBe(true);
      expect(report.done).toMatchObject([{ recorded_only: true }]);
      for (const shown of [report.title, report.summary, renderText(report), renderHtml(report)])
        expect(shown, shown).not.toMatch(CLAIMS);
      for (const shown of [renderText(report), renderHtml(report)]) {
        for (const line of shown.split('\n').filter((text) => /replicas 2 → 3/.test(text)))
          expect(line).toMatch(/would have changed|only recorded, not done|若实际执行|仅记录，未执行/);
      }
    }
  });

  it('takes no credit for an alert that resolved while it changed nothing', () => {
    const story = aStory({ dry_run: true }, [
      begun('scale', 'write', { recorded_only: true }),
      succeeded('scale', 'would scale', SCALED),
      { type: 'alerts_resolved' },
      { type: 'run_finished', state: 'succeeded', outcome: 'nothing_done', reason: null },
    ]);

    expect(reportOf(story).summary).toContain('The alert has resolved, but not through this run');
    expect(reportOf(story).summary).not.toContain('The alert has resolved.');
  });

  it('tells of a real write even where the run was to make none', () => {
    const report = reportOf(theDemoRun({ dry_run: true }, false));

    expect(report.recorded_only).toBe(false);
    expect(report.summary).toContain('Changed: payment-gateway replicas 2 → 3.');
    expect(report.title).not.toContain('nothing was changed');
  });

  it('says of a run that waits what the step says that it waits for, not the bare word', () => {
    const message = 'POST /scale was cut off; whether it took effect is not known';
    const report = reportOf(
      aStory({}, [
        begun('scale', 'write'),
        { type: 'step_waiting', step_id: 'scale', reason: 'in_doubt', message, until: null },
      ]),
    );

    expect(report.summary).toContain(message);
    expect(report.summary).not.toContain('in_doubt');
  });

  it.each([
    ['says', [], 'Changed: a n 1 → 2; a n 2 → 1. What it wrote was taken back.'],
    ['does not say', [begun('b', 'write'), succeeded('b', null, { target: 'b', what: 'n', from: 1, to: 2 })], null],
  ] as const)('%s that all it wrote was taken back', (_what, besides, sentence) => {
    const story = aStory({}, [
      begun('a', 'write'),
      succeeded('a', null, { target: 'a', what: 'n', from: 1, to: 2 }),
      ...besides,
      begun('a:undo', 'write'),
      succeeded('a:undo', null, { target: 'a', what: 'n', from: 2, to: 1 }),
      { type: 'run_finished', state: 'failed', outcome: 'handed_over', reason: 'b failed: x' },
    ]);

    if (sentence === null) expect(reportOf(story).summary).not.toContain('taken back');
    else expect(reportOf(story).summary).toContain(sentence);
  });

  it('says what failed and why, first of what is left', () => {
    const story = aStory({}, [
      begun('check', 'read'),
      failed('check', 'connection refused (ECONNREFUSED)'),
      { type: 'run_aborted', reason: 'check failed: connection refused (ECONNREFUSED)' },
      {
        type: 'step_skipped',
        step_id: 'scale',
        name: 'scale',
        kind: 'kubernetes_scale',
        reason: 'aborted',
        message: 'the run was aborted',
        conditions: [],
      },
      {
        type: 'run_finished',
        state: 'failed',
        outcome: 'handed_over',
        reason: 'check failed: connection refused (ECONNREFUSED)',
      },
    ]);

    const report = reportOf(story);

    expect(report.title).toBe('支付网关高延迟故障排查 failed after 4.0 s');
    expect(report.summary).toContain(
      'Nothing was changed. It failed: check failed: connection refused (ECONNREFUSED).',
    );
    expect(report.summary).toContain('The problem is handed over to people.');
    expect(report.left.map((entry) => [entry.step_id, entry.reason])).toEqual([
      ['check', 'failed'],
      ['scale', 'not_done'],
      [null, 'still_firing'],
    ]);
    expect(report.left[0]?.text).toBe('check failed: connection refused (ECONNREFUSED)');
  });

  it('puts a write in doubt before everything else, with what it was to change', () => {
    const story = aStory({}, [
      begun('check', 'read'),
      failed('check', 'HTTP 500'),
      begun('scale', 'write'),
      { type: 'step_intended', step_id: 'scale', intent: { ...SCALED, idempotency_key: 'k' } },
      {
        type: 'step_waiting',
        step_id: 'scale',
        reason: 'in_doubt',
        message: 'the API server cut the connection',
        until: null,
      },
    ]);

    const report = reportOf(story);

    expect(report.state).toBe('waiting');
    expect(report.title).toBe('支付网关高延迟故障排查 waits for a person');
    expect(report.duration_ms).toBeNull();
    expect(report.left[0]).toMatchObject({ step_id: 'scale', reason: 'in_doubt' });
    expect(report.left[0]?.text).toContain('payment-gateway replicas 2 → 3');
    expect(report.left[0]?.text).toContain('the API server cut the connection');
    expect(report.done).toEqual([]);
    expect(report.summary).toContain('It is not known whether anything was changed.');
    expect(report.summary).not.toContain('Nothing was changed');
    expect(renderText(report)).toContain('Nothing that is known.');
  });

  it('does not forget a write that was cut off when the run was cancelled', () => {
    const story = aStory({}, [
      begun('scale', 'write'),
      { type: 'step_intended', step_id: 'scale', intent: { ...SCALED, idempotency_key: 'k' } },
      { type: 'run_cancel_requested', by: 'alice', reason: null },
      { type: 'step_cancelled', step_id: 'scale', reason: 'cancelled by alice' },
      { type: 'run_finished', state: 'cancelled', outcome: 'handed_over', reason: 'cancelled by alice' },
    ]);

    const report = reportOf(story);

    expect(report.left[0]).toMatchObject({ step_id: 'scale', reason: 'in_doubt' });
    expect(report.title).toBe('支付网关高延迟故障排查 was cancelled after 4.0 s');
  });

  it('says that a run which ended well did not fix the problem', () => {
    const { run, events } = theDemoRun();

    const report = reportOf({ run: { ...run, outcome: 'not_fixed' }, events });

    expect(report.title).toContain('but the problem is still there');
    expect(report.summary).toContain('It did not fix the problem.');
    expect(report.summary).not.toContain('has resolved');
    expect(report.left).toMatchObject([{ reason: 'not_fixed' }]);
  });

  it('leaves nothing to do where a condition did not hold', () => {
    const story = aStory({}, [
      {
        type: 'step_skipped',
        step_id: 'scale',
        name: 'scale',
        kind: 'kubernetes_scale',
        reason: 'condition',
        message: 'p99 is 180 ms',
        conditions: [],
      },
      { type: 'alerts_resolved' },
      { type: 'run_finished', state: 'succeeded', outcome: 'nothing_done', reason: null },
    ]);

    expect(reportOf(story).left).toEqual([]);
    expect(reportOf(story).timeline.map((line) => line.text)).toContain('scale: p99 is 180 ms');
  });

  it('lists the failed items of a foreach instead of the step above them', () => {
    const story = aStory({}, [
      { type: 'step_expanded', step_id: 'each', name: 'each', kind: 'api_call', items: ['a', 'b'], conditions: [] },
      begun('each[0]', 'read', { item: { task_id: 'each', index: 0 } }),
      succeeded('each[0]', 'fine'),
      begun('each[1]', 'read', { item: { task_id: 'each', index: 1 } }),
      failed('each[1]', 'HTTP 503'),
      failed('each', '1 of 2 items failed'),
      { type: 'run_finished', state: 'failed', outcome: 'handed_over', reason: 'each failed' },
    ]);

    expect(reportOf(story).left.map((entry) => entry.step_id)).toEqual(['each[1]', null]);
  });

  it('tells what a run started by hand was started by', () => {
    const report = reportOf(aStory({ alert: null, requested_by: 'alice' }, []));

    expect(report.summary).toContain('Started without an alert, by alice.');
    expect(report.alert).toBeNull();
    expect(report.left).toEqual([]);
  });

  it('makes one bounded line of every foreign text', () => {
    const evil = 'a\r\nb\u202e\u0000c\ud800 ' + 'x'.repeat(100_000);
    const story = aStory(
      {
        playbook_name: evil,
        alert: anAlert({ alert_name: evil, description: evil, service_name: evil, host_ip: evil }),
      },
      [begun('check', 'read', { name: evil }), succeeded('check', evil), begun('b', 'write'), failed('b', evil)],
    );

    const text = JSON.stringify(reportOf(story));

    // eslint-disable-next-line no-control-regex -- exactly these must be gone
    expect(JSON.parse(text) as unknown).not.toEqual(expect.stringMatching(/[\u0000-\u001f]/));
    expect(text).not.toMatch(/\\u0000|\\r|\\n|\u202e|\\ud800/);
    expect(text.length).toBeLessThan(20_000);
  });

  it('stays small for a run of very many steps, events and alerts', () => {
    const steps = Array.from({ length: 400 }, (_, index) => [
      begun(`s${index}`, 'read'),
      index % 2 === 0 ? succeeded(`s${index}`, 'y'.repeat(900)) : failed(`s${index}`, 'z'.repeat(900)),
    ]).flat();

    const report = reportOf(aStory({}, steps));

    expect(report.seen).toHaveLength(100);
    expect(report.seen.at(-1)?.text).toBe('and 101 more');
    expect(report.left).toHaveLength(100);
    expect(report.timeline).toHaveLength(200);
    expect(report.timeline[50]).toMatchObject({ state: 'omitted' });
    expect(report.timeline[50]?.text).toContain('202 lines left out');
  });

  it('counts alerts that join in a storm in one line', () => {
    const joined = Array.from({ length: 30 }, () => ({ type: 'alert_joined', alert: anAlert() }) as const);

    const report = reportOf(aStory({}, joined));

    expect(report.alert_count).toBe(31);
    expect(report.timeline.map((line) => line.text)).toEqual(['begun by rule R002', '30 more alerts joined']);
    expect(report.summary).toContain('31 alerts were handled together.');
  });

  it('keeps only links that a click may open, its own first', () => {
    const alert = anAlert({
      links: {
        run: 'https://evil.example/',
        dashboard: 'https://grafana.example/d/1?a=b&c=d',
        runbook: 'javascript:alert(1)',
        generator: 'http://prometheus:9090/graph" onclick="x',
        data: 'data:text/html,x',
      },
    });

    expect(reportOf(aStory({ alert }, [])).links).toEqual({
      ...links,
      dashboard: 'https://grafana.example/d/1?a=b&c=d',
    });
  });

  it('says the same facts in both languages', () => {
    const story = theDemoRun();
    const english = reportOf(story);
    const chinese = reportOf(story, 'zh');

    expect({ ...chinese, title: '', summary: '', language: 'en', timeline: [] }).toEqual({
      ...english,
      title: '',
      summary: '',
      timeline: [],
    });
    expect(chinese.timeline.map((line) => [line.at, line.state])).toEqual(
      english.timeline.map((line) => [line.at, line.state]),
    );
  });

  it('says in Chinese what the service found and why it failed, and leaves alone what others wrote', () => {
    const story = aStory({}, [
      begun('look', 'read'),
      succeeded('look', '200, not healthy'),
      begun('ask', 'read'),
      failed('ask', 'no answer within 500 ms'),
      { type: 'run_finished', state: 'failed', outcome: 'nothing_done', reason: 'ask failed: no answer within 500 ms' },
    ]);
    const report = reportOf(story, 'zh');

    expect(report.seen.map(({ text }) => text)).toEqual(['200，不健康']);
    expect(report.left.map(({ text }) => text)[0]).toContain('500 ms 内没有应答');
    expect(report.timeline.map(({ text }) => text).join('\n')).toContain('500 ms 内没有应答');
    const foreign = aStory({}, [begun('ask', 'read'), failed('ask', 'Datei fehlt; gib auf')]);
    expect(reportOf(foreign, 'zh').left[0]?.text).toContain('Datei fehlt; gib auf');
  });
});
