import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { aStory, begun, failed, succeeded, theDemoRun } from '../../test/helper/a-reported-run.js';
import { anAlert } from '../../test/helper/an-alert.js';
import { html } from './html.js';
import { renderHtml } from './render-html.js';
import { renderText } from './render-text.js';
import { summarize } from './summarize.js';

const links = { run: 'https://fixpoint.example/runs/1' };

describe('the report as text', () => {
  it('reads from top to bottom: what, seen, done, left, when, where', () => {
    const text = renderText(summarize({ ...theDemoRun(), language: 'en', links }));

    expect(text).toBe(`支付网关高延迟故障排查 succeeded in 5.0 s

Critical alert Service_Latency_Exceeded on payment-gateway at 1240 ms. Changed: payment-gateway replicas 2 → 3. The alert has resolved.

What was seen
  • 检查支付服务状态: healthy

What was done
  • payment-gateway replicas 2 → 3

What is left
  Nothing.

Timeline (UTC)
  14:02:07  ▸ begun by rule R002
  14:02:09  ✔ 检查支付服务状态: healthy (1.0 s)
  14:02:11  ✔ 临时扩容支付网关: payment-gateway 2 → 3 replicas, ready (1.0 s)
  14:02:12  ✔ the alert resolved
  14:02:13  ■ the run succeeded

Links
  • Run: https://fixpoint.example/runs/1
`);
  });

  it('reads as Chinese where Chinese is asked for', () => {
    const text = renderText(summarize({ ...theDemoRun(), language: 'zh', links }));

    expect(text).toContain('看到了什么\n  • 检查支付服务状态：healthy');
    expect(text).toContain('做了什么\n  • payment-gateway replicas 2 → 3');
    expect(text).toContain('还剩什么\n  无。');
    expect(text).not.toMatch(/What|Timeline|begun|resolved/);
    expect(text).toContain('（1.0 秒）');
    expect(text).toContain('运行页面：https://fixpoint.example/runs/1');
  });

  it('says in Chinese, too, why a write that nobody said yes to was not done', () => {
    const reason = 'push: nobody answered in time; pull: denied by ann: not now';
    const story = aStory({}, [{ type: 'run_finished', state: 'cancelled', outcome: 'handed_over', reason }]);

    expect(renderText(summarize({ ...story, language: 'zh', links }))).toContain(
      '运行已取消：push：没有人及时答复；pull：被 ann 拒绝：not now。',
    );
  });
});

describe('the report as HTML', () => {
  const EVIL = `<script>alert(1)</script><img src=x onerror="x"> ' " \` & </td></table>`;

  it('escapes every foreign text', () => {
    const story = aStory(
      {
        playbook_name: EVIL,
        rule_id: EVIL,
        requested_by: EVIL,
        service_name: EVIL,
        alert: anAlert({
          alert_name: EVIL,
          description: EVIL,
          service_name: EVIL,
          metric_unit: '<b>',
          host_ip: EVIL,
          links: { [EVIL]: 'https://a.example/?x=1&y=2' },
        }),
      },
      [
        begun('a', 'read', { name: EVIL }),
        succeeded('a', EVIL),
        begun('b', 'write', { name: EVIL }),
        succeeded('b', EVIL, { target: EVIL, what: EVIL, from: EVIL, to: { x: EVIL } }),
        begun('c', 'read', { name: EVIL }),
        failed('c', EVIL),
        { type: 'run_finished', state: 'failed', outcome: 'handed_over', reason: EVIL },
      ],
    );

    const page = renderHtml(summarize({ ...story, language: 'en', links }));

    expect(page).not.toMatch(/<script|<img|<b>|onerror="/i);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page.match(/<table/g)?.length).toBe(page.match(/<\/table>/g)?.length);
    expect(page.match(/<td/g)?.length).toBe(page.match(/<\/td>/g)?.length);
    expect(page).toContain('href="https://a.example/?x=1&amp;y=2"');
  });

  it('loads nothing and runs nothing', () => {
    const page = renderHtml(summarize({ ...theDemoRun(), language: 'zh', links }));

    expect(page).not.toMatch(/<link|<style|<script|<img|url\(|@import|src=/i);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain('<html lang="zh-CN">');
    expect(page.match(/href="/g)).toHaveLength(1);
  });

  it('survives the way through a mail', async () => {
    const page = renderHtml(summarize({ ...theDemoRun(), language: 'en', links }));
    const raw = `Content-Type: text/html; charset=utf-8\r\n\r\n${page}`;

    expect((await PostalMime.parse(raw)).html?.trim()).toBe(page.trim());
  });

  it('is green only for a run that acted and left no failure behind', () => {
    const green = '#1a7f37';
    const page = (story: ReturnType<typeof theDemoRun>): string =>
      renderHtml(summarize({ ...story, language: 'en', links }));

    expect(page(theDemoRun())).toContain(green);
    expect(page(theDemoRun({ dry_run: true }, true))).not.toContain(green);
    const { run, events } = theDemoRun();
    expect(page({ run: { ...run, outcome: 'not_fixed' }, events })).not.toContain(green);
  });
});

describe('the html template', () => {
  it('escapes values, keeps its own pieces, and says nothing for null', () => {
    const piece = html`<b>${'<'}</b>`;

    expect(html`<p title="${`"'\``}">${piece}${[piece, piece]}${null}${3}</p>`.toString()).toBe(
      '<p title="&quot;&#39;&#96;"><b>&lt;</b><b>&lt;</b><b>&lt;</b>3</p>',
    );
  });
});
