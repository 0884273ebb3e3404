import { afterAll, beforeAll, expect, it } from 'vitest';
import { SILENT_LOG } from '../../src/domain/log.js';
import type { NotifyResult } from '../../src/domain/notifier.js';
import { createNotifiers, NotifiersConfig } from '../../src/notifier/registry.js';
import type { Notifiers } from '../../src/notifier/registry.js';
import { renderHtml } from '../../src/report/render-html.js';
import { renderText } from '../../src/report/render-text.js';
import { summarize } from '../../src/report/summarize.js';
import { aNotice } from '../contract/notifier-suite.js';
import { theDemoRun } from '../helper/a-reported-run.js';
import { describeWith } from '../helper/servers.js';
import { SYSTEM_CLOCK } from '../helper/system-clock.js';
import { until } from '../helper/until.js';

const API = 'http://127.0.0.1:28025/api/v1';

/** A message as Mailpit tells it. */
interface Message {
  readonly ID: string;
  readonly MessageID: string;
  readonly Subject: string;
  readonly From: { readonly Name: string; readonly Address: string };
  readonly To: readonly { readonly Address: string }[];
  readonly Text: string;
  readonly HTML: string;
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(`${API}${path}`, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return (text.startsWith('{') ? JSON.parse(text) : text) as T;
}

/** What Mailpit answers to sender and recipients in so many of a hundred cases. */
function chaos(kind: 'Sender' | 'Recipient' | 'Authentication', ErrorCode: number, Probability: number) {
  return ask('/chaos', { method: 'PUT', body: JSON.stringify({ [kind]: { ErrorCode, Probability } }) });
}

await describeWith(['mailpit'], 'mail through a real SMTP server', ({ mailpit }) => {
  let notifiers: Notifiers;
  // Each run of this suite has its own addresses, so that it needs nobody else's mail deleted.
  const inbox = `oncall-${Date.now()}@example.com`;

  beforeAll(() => {
    const { hostname, port } = new URL(mailpit);
    const config = {
      email: { host: hostname, port: Number(port), from: 'Fixpoint <fixpoint@example.com>', to: inbox },
    };
    notifiers = createNotifiers(NotifiersConfig.parse(config), {
      clock: SYSTEM_CLOCK,
      log: SILENT_LOG,
      report_notify: null,
    });
  });

  afterAll(async () => {
    await ask('/chaos', { method: 'PUT', body: '{}' });
    await notifiers.stop();
  });

  async function send(over: Parameters<typeof aNotice>[0]): Promise<NotifyResult | undefined> {
    return (await notifiers.notify(aNotice(over), new AbortController().signal))[0];
  }

  async function received(to: string): Promise<Message[]> {
    const found = await ask<{ messages: { ID: string }[] }>(`/search?query=${encodeURIComponent(`to:${to}`)}`);
    return Promise.all(found.messages.map((message) => ask<Message>(`/message/${message.ID}`)));
  }

  it('delivers a report whole: Chinese subject, text and HTML', async () => {
    const report = summarize({ ...theDemoRun(), language: 'zh', links: { run: 'https://fixpoint.example/runs/1' } });
    const notice_id = `report-${Date.now()}`;

    const result = await send({ notice_id, subject: report.title, text: renderText(report), html: renderHtml(report) });

    expect(result).toEqual({ channel: 'email', type: 'sent', target: inbox });
    const [message] = await until('the mail', async () => {
      const all = await received(inbox);
      return all.length > 0 ? all : null;
    });
    expect(message).toMatchObject({
      Subject: report.title,
      MessageID: `${notice_id}@example.com`,
      From: { Name: 'Fixpoint', Address: 'fixpoint@example.com' },
      To: [{ Address: inbox }],
    });
    expect(message?.Text).toContain('payment-gateway replicas 2 → 3');
    expect(message?.HTML).toContain('临时扩容支付网关');
    const scores = await ask<{ Total: { Tests: number } }>(`/message/${message?.ID ?? ''}/html-check`);
    expect(scores.Total.Tests).toBeGreaterThan(0);
  });

  it('is to be tried again when the server is busy, and not when it refuses', async () => {
    const busy = { recipients: [`busy-${inbox}`] };

    await chaos('Recipient', 451, 100);
    expect(await send(busy)).toMatchObject({ type: 'failed', retryable: true });
    await chaos('Recipient', 550, 100);
    expect(await send(busy)).toMatchObject({ type: 'failed', retryable: false });
    await chaos('Recipient', 451, 0);
    await chaos('Sender', 421, 100);
    expect(await send(busy)).toMatchObject({ type: 'failed', retryable: true });
    await chaos('Sender', 421, 0);

    expect(await send(busy)).toMatchObject({ type: 'sent' });
    expect(await received(`busy-${inbox}`)).toHaveLength(1);
  });

  it('is found working by a check that sends nothing', async () => {
    const before = (await ask<{ total: number }>('/messages?limit=1')).total;

    const [check] = await notifiers.check(new AbortController().signal);

    expect(check).toMatchObject({ name: 'notifiers.email', ok: true });
    expect((await ask<{ total: number }>('/messages?limit=1')).total).toBe(before);
  });
});
