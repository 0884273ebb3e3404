import { describe, expect, it } from 'vitest';
import { anAlert } from '../../../test/helper/an-alert.js';
import { anAttempt } from '../../../test/helper/an-attempt.js';
import { FakeClock } from '../../../test/helper/fake-clock.js';
import type { AttemptContext } from '../../domain/executor.js';
import type { Notice, NotifyResult } from '../../domain/notifier.js';
import type { Outcome } from '../../domain/run/outcome.js';
import { NotificationInput, notificationModule } from './notify.js';

const SENT: NotifyResult = { channel: 'email', type: 'sent', target: 'oncall@example.com' };

function failed(over: Partial<Extract<NotifyResult, { type: 'failed' }>> = {}): NotifyResult {
  return { channel: 'slack', type: 'failed', target: '#oncall', reason: 'invalid_token', retryable: false, ...over };
}

/** Sends through channels that answer as given, and keeps what they were told. */
async function send(
  input: unknown,
  results: NotifyResult[] | Error,
  over: Partial<AttemptContext> = {},
): Promise<{ outcome: Outcome; notices: Notice[] }> {
  const notices: Notice[] = [];
  const set = notificationModule.create(
    {},
    {
      clock: new FakeClock(),
      notify: (notice) => {
        notices.push(notice);
        return results instanceof Error ? Promise.reject(results) : Promise.resolve(results);
      },
    },
  );
  const outcome = await set.executors['notification']!.execute(NotificationInput.parse(input), anAttempt(over));
  return { outcome, notices };
}

describe('notification', () => {
  it('hands people its message under the key of its step, so that a repeat can be told', async () => {
    const input = { message: '支付网关故障处理报告', recipients: ['oncall@example.com', 'oncall@example.com'] };

    const { outcome, notices } = await send(input, [SENT], { idempotency_key: 'run:step:do' });

    expect(notices).toEqual([
      {
        notice_id: 'run:step:do',
        subject: '支付网关故障处理报告',
        text: '支付网关故障处理报告',
        html: null,
        channels: null,
        recipients: ['oncall@example.com'],
        severity: 'info',
        link: null,
      },
    ]);
    expect(outcome).toEqual({
      type: 'succeeded',
      output: { sent: [{ channel: 'email', target: 'oncall@example.com' }], failed: [] },
      summary: 'sent by email',
    });
  });

  it('takes subject and severity from the alert unless they are given', async () => {
    const alert = anAlert({ severity: 'critical' });

    const byAlert = await send({ message: 'x' }, [SENT], { alert });
    const given = await send({ message: 42, subject: 'two\nlines', severity: 'warning', channels: ['slack'] }, [SENT], {
      alert,
    });

    expect(byAlert.notices[0]).toMatchObject({
      subject: 'Service_Latency_Exceeded · payment-gateway',
      severity: 'critical',
    });
    expect(given.notices[0]).toMatchObject({
      subject: 'two lines',
      text: '42',
      severity: 'warning',
      channels: ['slack'],
    });
  });

  it('succeeds when one channel took the message, and tells which did not', async () => {
    const { outcome } = await send({ message: 'x' }, [SENT, failed()]);

    expect(outcome).toMatchObject({
      type: 'succeeded',
      output: { failed: [{ channel: 'slack', target: '#oncall', reason: 'invalid_token' }] },
    });
    expect(outcome).toHaveProperty('summary', 'sent by email; slack: invalid_token');
  });

  it('fails when no channel took it, and may be repeated when one of them says so', async () => {
    const final = await send({ message: 'x' }, [failed()]);
    const busy = await send({ message: 'x' }, [failed(), failed({ retryable: true, retry_after_ms: 9_000 })]);

    expect(final.outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(busy.outcome).toMatchObject({ type: 'failed', retryable: true, retry_after_ms: 9_000 });
  });

  it('says which keys to set when there is no channel', async () => {
    const { outcome } = await send({ message: 'x' }, []);

    expect(outcome).toMatchObject({ type: 'failed', retryable: false });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(/notifiers\.email.*report\.notify/));
  });

  it('fails, and does not throw, when the notifiers break', async () => {
    const { outcome } = await send({ message: 'x' }, new Error('socket hang up'));

    expect(outcome).toMatchObject({ type: 'failed', retryable: true });
  });

  it('sends nothing in a dry run or once it is given up', async () => {
    const dry = await send({ message: 'x', recipients: ['a@example.com'] }, [SENT], { dry_run: true });
    const late = await send({ message: 'x' }, [SENT], { signal: AbortSignal.abort() });

    expect([...dry.notices, ...late.notices]).toEqual([]);
    expect(dry.outcome).toMatchObject({ output: { dry_run: true, would_send: { recipients: ['a@example.com'] } } });
    expect(late.outcome).toMatchObject({ type: 'failed', retryable: true });
  });

  it('cuts a message without end at a whole character', async () => {
    const { notices } = await send({ message: '🔥'.repeat(40_000) }, [SENT]);

    const text = notices[0]?.text ?? '';
    expect(text.length).toBeLessThanOrEqual(32_768);
    expect(Buffer.from(text).toString()).toBe(text);
  });

  it.each([
    [{}, 'message'],
    [{ message: 'x', recipients: ['nobody'] }, 'recipients.0'],
    [{ message: 'x', recipients: 'oncall@example.com' }, 'recipients'],
    [{ message: 'x', severity: 'disaster' }, 'severity'],
    [{ message: { a: 1 } }, 'message'],
    [{ message: 'x', recipent: [] }, ''],
  ])('refuses %j at %s', (input, place) => {
    const parsed = NotificationInput.safeParse(input);

    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toEqual([place]);
  });
});
