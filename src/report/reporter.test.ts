import { afterEach, describe, expect, it } from 'vitest';
import { RUN_ID, theDemoRun } from '../../test/helper/a-reported-run.js';
import type { Story } from '../../test/helper/a-reported-run.js';
import { FakeClock } from '../../test/helper/fake-clock.js';
import { MemoryOutbox } from '../../test/helper/memory-outbox.js';
import { until } from '../../test/helper/until.js';
import type { Log } from '../domain/log.js';
import type { Notice, NotifyResult } from '../domain/notifier.js';
import { createReporter } from './reporter.js';
import type { Reporter } from './reporter.js';

interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

type Answer = (notice: Notice, signal: AbortSignal) => NotifyResult | Promise<NotifyResult>;

const sent: Answer = () => ({ channel: '', type: 'sent', target: 'somebody' });
const refused = (over: { retryable?: boolean; retry_after_ms?: number } = {}): Answer => {
  return () => ({ channel: '', type: 'failed', target: 'somebody', reason: 'HTTP 503', retryable: true, ...over });
};

/** Ends only when it is told to. */
const hangs: Answer = (notice, signal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(refused()(notice, signal)));
  });

interface Setting {
  readonly channels: Record<string, Answer>;
  readonly story?: Story | null;
}

describe('the reporter', () => {
  const started: { reporter: Reporter; clock: FakeClock }[] = [];
  afterEach(async () => {
    for (const { reporter, clock } of started.splice(0)) {
      const stopping = reporter.stop();
      // Some of these tests leave a send behind that only ends when it is told to.
      await clock.advance(60_000);
      await stopping;
    }
  });

  function setting({ channels, story = theDemoRun() }: Setting) {
    const clock = new FakeClock('2026-11-21T10:00:00.000Z');
    const outbox = new MemoryOutbox(() => clock.now());
    const notices: { notice: Notice; channel: string; at: number }[] = [];
    const metered: string[] = [];
    const lines: Line[] = [];
    const log: Log = {
      info: (fields, message) => lines.push({ level: 'info', fields, message }),
      warn: (fields, message) => lines.push({ level: 'warn', fields, message }),
      error: (fields, message) => lines.push({ level: 'error', fields, message }),
      child: () => log,
    };
    const reporter = createReporter({
      outbox,
      runView: {
        get: (run_id) =>
          Promise.resolve(
            story === null || run_id !== RUN_ID ? null : { ...story.run, deliveries: [...outbox.deliveries] },
          ),
        events: (_run_id, after) => Promise.resolve((story?.events ?? []).filter((event) => event.seq > after)),
      },
      notify: (notice, signal) =>
        Promise.all(
          (notice.channels ?? []).map(async (channel) => {
            notices.push({ notice, channel, at: clock.now() - Date.parse('2026-11-21T10:00:00.000Z') });
            return { ...(await (channels[channel] ?? sent)(notice, signal)), channel };
          }),
        ),
      channels: Object.keys(channels),
      clock,
      language: 'en',
      publicUrl: 'https://fixpoint.example/',
      log,
      meter: { delivered: (channel, state) => metered.push(`${channel} ${state}`) },
    });
    started.push({ reporter, clock });
    const times = (channel: string): number[] => notices.filter((one) => one.channel === channel).map((one) => one.at);
    return { clock, outbox, notices, metered, lines, reporter, times };
  }

  it('sends what belongs to no run to the channels that it names, and tries those again that fail', async () => {
    let answer: Answer = refused();
    const { reporter, outbox, notices, clock } = setting({
      channels: { email: sent, slack: (notice, signal) => answer(notice, signal) },
      story: null,
    });
    const notice = { subject: 'Storm', text: '40 starts a minute', severity: 'warning' as const, channels: ['slack'] };
    outbox.put({ outbox_id: 'notice:1', run_id: '', kind: 'notify', notice, tried: {} });

    reporter.start();
    await clock.advance(500);
    answer = sent;
    await clock.advance(10_000);

    expect(notices.map((one) => one.channel)).toEqual(['slack', 'slack']);
    expect(notices[0]?.notice).toMatchObject({
      notice_id: 'notice:1',
      subject: 'Storm',
      text: '40 starts a minute',
      severity: 'warning',
      link: 'https://fixpoint.example/',
    });
    expect(outbox.of('slack')).toMatchObject({ state: 'sent', attempts: 2 });
    expect(outbox.open()).toBe(0);
  });

  it('sends the report of a finished run to every channel, once', async () => {
    const { reporter, outbox, notices, clock, metered } = setting({ channels: { email: sent, slack: sent } });
    outbox.put();

    reporter.start();
    await clock.advance(60_000);

    expect(notices.map((one) => one.channel)).toEqual(['email', 'slack']);
    expect(notices[0]?.notice).toMatchObject({
      notice_id: `${RUN_ID}:6`,
      subject: '支付网关高延迟故障排查 succeeded in 5.0 s',
      severity: 'info',
      link: `https://fixpoint.example/runs/${RUN_ID}`,
      recipients: [],
    });
    expect(notices[0]?.notice.text).toContain('payment-gateway replicas 2 → 3');
    expect(notices[0]?.notice.html).toContain('<!doctype html>');
    expect(outbox.deliveries.map((one) => [one.channel, one.state, one.attempts])).toEqual([
      ['email', 'sent', 1],
      ['slack', 'sent', 1],
    ]);
    expect(outbox.open()).toBe(0);
    expect(metered).toEqual(['email sent', 'slack sent']);
  });

  it('sends what comes later at once when it is woken, and at the next look when it is not', async () => {
    const { reporter, outbox, clock, times } = setting({ channels: { email: sent } });
    reporter.start();
    await clock.advance(1_000);

    outbox.put();
    reporter.wake();
    await clock.advance(0);
    expect(times('email')).toEqual([1_000]);

    outbox.put();
    await clock.advance(5_000);
    expect(times('email')).toEqual([1_000, 5_000 + 1_000]);
  });

  it('tries a channel again at 1 s, 4 s, 15 s, 1 min, 5 min, 15 min, 15 min, and then shows it as failed', async () => {
    const { reporter, outbox, clock, times, lines } = setting({ channels: { email: sent, slack: refused() } });
    outbox.put();

    reporter.start();
    await clock.advance(24 * 3_600_000);

    expect(times('email')).toEqual([0]);
    const waits = times('slack').map((at, index, all) => at - (all[index - 1] ?? 0));
    expect(waits).toEqual([0, 1_000, 4_000, 15_000, 60_000, 300_000, 900_000, 900_000]);
    expect(outbox.of('slack')).toMatchObject({ state: 'failed', attempts: 8, error: 'HTTP 503' });
    expect(outbox.open()).toBe(0);
    expect(lines.filter((line) => line.level === 'error').map((line) => line.message)).toEqual([
      'notice not sent; given up',
    ]);
  });

  it('does not try a channel again that says that it is no use', async () => {
    const { reporter, outbox, clock, times } = setting({
      channels: { slack: refused({ retryable: false }), email: refused() },
    });
    outbox.put();

    reporter.start();
    await clock.advance(3_600_000 * 2);

    expect(times('slack')).toEqual([0]);
    expect(times('email')).toHaveLength(8);
    expect(outbox.of('slack')).toMatchObject({ state: 'failed', attempts: 1 });
  });

  it('waits as long as a channel asks, and lets no other channel wait for it', async () => {
    const { reporter, outbox, clock, times } = setting({
      channels: { slack: refused({ retry_after_ms: 120_000 }), email: refused() },
    });
    outbox.put();

    reporter.start();
    await clock.advance(121_000);

    expect(times('email')).toEqual([0, 1_000, 5_000, 20_000, 80_000]);
    expect(times('slack')).toEqual([0, 120_000]);
  });

  it('believes nobody who asks for more than a quarter of an hour', async () => {
    const { reporter, outbox, clock, times } = setting({
      channels: { slack: refused({ retry_after_ms: 86_400_000 }) },
    });
    outbox.put();

    reporter.start();
    await clock.advance(900_000);

    expect(times('slack')).toEqual([0, 900_000]);
  });

  it('sends with its next attempt when the other side has recovered', async () => {
    let down = true;
    const { reporter, outbox, clock, notices } = setting({
      channels: { slack: (...args) => (down ? refused() : sent)(...args) },
    });
    outbox.put();
    reporter.start();
    await clock.advance(10_000);

    down = false;
    await clock.advance(60_000);

    expect(outbox.of('slack')).toMatchObject({ state: 'sent', attempts: 4 });
    expect(new Set(notices.map((one) => one.notice.notice_id)).size).toBe(1);
  });

  it('goes on where another process has stopped: channels that have it do not get it again', async () => {
    const { reporter, outbox, clock, times } = setting({ channels: { email: sent, slack: sent, wecom: sent } });
    outbox.put();
    const entry = { outbox_id: `${RUN_ID}:6`, kind: 'report' as const, target: 'x', error: null, at: '' };
    outbox.deliveries.push(
      { ...entry, channel: 'email', state: 'sent', attempts: 1 },
      { ...entry, channel: 'slack', state: 'failed', attempts: 8 },
      { ...entry, channel: 'wecom', state: 'retrying', attempts: 3 },
    );

    reporter.start();
    await clock.advance(10_000);

    expect([times('email'), times('slack'), times('wecom')]).toEqual([[], [], [0]]);
    expect(outbox.of('wecom')).toMatchObject({ state: 'sent', attempts: 4 });
  });

  it('counts the attempts that another process has made', async () => {
    const { reporter, outbox, clock, times } = setting({ channels: { slack: refused() } });
    outbox.put();
    const seventh = { outbox_id: `${RUN_ID}:6`, kind: 'report' as const, target: 'x', error: 'x', at: '' };
    outbox.deliveries.push({ ...seventh, channel: 'slack', state: 'retrying', attempts: 7 });

    reporter.start();
    await clock.advance(3_600_000);

    expect(times('slack')).toEqual([0]);
    expect(outbox.of('slack')).toMatchObject({ state: 'failed', attempts: 8 });
  });

  it('gives an entry up that breaks every worker that begins it', async () => {
    const { reporter, outbox, clock, times } = setting({ channels: { slack: sent } });
    outbox.put();
    const [kept] = outbox.kept;
    if (kept) kept.attempts = 60;

    reporter.start();
    await clock.advance(1_000);

    expect(times('slack')).toEqual([]);
    expect(outbox.of('slack')).toMatchObject({ state: 'failed' });
    expect(outbox.open()).toBe(0);
  });

  it('closes an entry that nobody is configured to hear', async () => {
    const { reporter, outbox, clock } = setting({ channels: {} });
    outbox.put();

    reporter.start();
    await clock.advance(1_000);

    expect(outbox.open()).toBe(0);
    expect(outbox.deliveries).toEqual([]);
  });

  it('closes an entry whose run is gone, and says so', async () => {
    const { reporter, outbox, clock, lines } = setting({ channels: { email: sent }, story: null });
    outbox.put();

    reporter.start();
    await clock.advance(1_000);

    expect(outbox.open()).toBe(0);
    expect(lines.map((line) => line.message)).toContain('a notice belongs to no run; it is given up');
  });

  it('outlives a database that is away, and tells it once', async () => {
    const { reporter, outbox, clock, times, lines } = setting({ channels: { email: sent } });
    outbox.put();
    outbox.broken.claim = 5;

    reporter.start();
    await clock.advance(60_000);

    expect(times('email')).toEqual([25_000]);
    expect(lines.map((line) => line.message)).toEqual([
      'the outbox cannot be read; looking again',
      'the outbox can be read again',
      'notice sent',
    ]);
  });

  it('records again what could not be recorded, instead of sending it again', async () => {
    const { reporter, outbox, clock, times } = setting({ channels: { email: sent } });
    outbox.put();
    outbox.broken.record = 2;

    reporter.start();
    await clock.advance(300_000);

    expect(times('email')).toEqual([0]);
    expect(outbox.of('email')).toMatchObject({ state: 'sent' });
  });

  it('tries again when the notifiers themselves throw, and records nothing that they said', async () => {
    const { reporter, outbox, clock, times } = setting({
      channels: {
        email: () => {
          throw new Error('https://hooks.example/secret');
        },
      },
    });
    outbox.put();

    reporter.start();
    await clock.advance(1_000);

    expect(times('email')).toEqual([0, 1_000]);
    expect(outbox.of('email')).toMatchObject({ state: 'retrying', error: 'internal error of the notifiers' });
  });

  it('has at most eight entries under way, and takes the next as soon as one has ended', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { reporter, outbox, clock, times } = setting({
      channels: { email: async (...args) => gate.then(() => sent(...args)) },
    });
    for (let count = 0; count < 20; count++) outbox.put();

    reporter.start();
    await clock.advance(20_000);
    expect(times('email')).toHaveLength(8);

    release();
    await clock.advance(0);
    await until('the rest', () => times('email').length === 20);
    expect(new Set(times('email').slice(8))).toEqual(new Set([20_000]));
  });

  it('ends a send that hangs well before its lease does', async () => {
    const { reporter, outbox, clock } = setting({
      channels: {
        email: hangs,
        slack: sent,
      },
    });
    outbox.put();

    reporter.start();
    await clock.advance(91_000);

    expect(outbox.of('email')).toMatchObject({ attempts: 1 });
    expect(outbox.of('slack')).toMatchObject({ state: 'sent' });
  });

  it('does not wait for a channel that hears nothing at all', async () => {
    const { reporter, outbox, clock } = setting({ channels: { email: () => new Promise(() => undefined) } });
    outbox.put();

    reporter.start();
    await clock.advance(93_000);

    expect(outbox.of('email')).toMatchObject({ state: 'retrying', error: 'no answer in time' });
  });

  it('waits at stop for what is under way, and takes nothing new', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { reporter, outbox, clock, times } = setting({
      channels: { email: async (...args) => gate.then(() => sent(...args)) },
    });
    outbox.put();
    reporter.start();
    await clock.advance(0);

    let stopped = false;
    const stopping = reporter.stop().then(() => (stopped = true));
    outbox.put();
    await clock.advance(1_000);
    expect(stopped).toBe(false);

    release();
    await stopping;
    expect(outbox.of('email')).toMatchObject({ state: 'sent' });
    expect(times('email')).toHaveLength(1);
  });

  it('ends a send at stop that takes too long, without counting it: the next process sends it at once', async () => {
    const { reporter, outbox, clock } = setting({
      channels: {
        email: hangs,
        slack: sent,
      },
    });
    outbox.put();
    reporter.start();
    await clock.advance(0);

    const stopping = reporter.stop();
    await clock.advance(15_000);
    await stopping;

    expect(outbox.of('email')).toBeUndefined();
    expect(outbox.of('slack')).toMatchObject({ state: 'sent' });
    expect(outbox.kept[0]?.next_at).toBe(Date.parse('2026-11-21T10:00:10.000Z'));
  });

  it('may be stopped twice, and before it was started', async () => {
    const { reporter, outbox, clock } = setting({ channels: { email: sent } });
    outbox.put();

    await reporter.stop();
    await reporter.stop();
    reporter.start();
    await clock.advance(10_000);

    expect(outbox.claims).toBe(0);
  });
});
