import { afterEach, describe, expect, it } from 'vitest';
import type { Notice, Notifier, NotifyResult } from '../../src/domain/notifier.js';
import { until } from '../helper/until.js';

/** How the other side behaves. */
export type Behaviour =
  /** As its vendor documents it: strict about what it gets, and satisfied. */
  | 'accepts'
  /** Broken for now, and repeating in its error everything that it was sent, secrets too. */
  | 'broken'
  /** Asks to come back later. */
  | 'busy'
  /** Closes the connection in the middle. */
  | 'cuts'
  /** Answers something that is not the protocol. */
  | 'talks_nonsense'
  /** Takes the message and never answers. */
  | 'is_silent'
  /** Nobody listens there. */
  | 'is_gone';

/** One notifier facing one behaviour. */
export interface Facing {
  readonly notifier: Notifier;
  /** Everything that must never be seen. */
  readonly secrets: readonly string[];
  /** What the strict server found wrong with what it got. */
  problems(): readonly string[];
  /** How many messages began to arrive. */
  arrived(): number;
  close(): Promise<void>;
}

/** What the suite needs to know of a notifier. */
export interface NotifierWorld {
  readonly channel: string;
  /** What the `busy` server asks for; null where the protocol has no word for it. */
  readonly busy_for_ms: number | null;
  /** False where any 2xx is a success, whatever the body says. */
  readonly knows_nonsense: boolean;
  open(behaviour: Behaviour, timeout: string): Promise<Facing>;
}

/** A notice with everything in it that makes a channel stumble: markup of every kind, mentions, quotes, emoji. */
export function aNotice(over: Partial<Notice> = {}): Notice {
  return {
    notice_id: '01KAJ000000000000000000001:7',
    subject: '支付网关高延迟故障排查 succeeded in 5.1 s',
    text: 'Critical alert on <b>payment-gateway</b> & "friends"\n[click](https://evil.example) @all <!channel> 😀\n# done\n',
    html: '<p>支付网关</p>',
    channels: null,
    recipients: [],
    severity: 'critical',
    link: 'https://fixpoint.example/runs/01KAJ000000000000000000001',
    ...over,
  };
}

const LONG = '30s';
const SHORT = '300ms';

/** What every channel promises, whatever its vendor. */
export function notifierSuite(world: NotifierWorld): void {
  describe(`${world.channel} as a notifier`, () => {
    const opened: Facing[] = [];

    async function facing(behaviour: Behaviour, timeout = LONG): Promise<Facing> {
      const one = await world.open(behaviour, timeout);
      opened.push(one);
      return one;
    }

    afterEach(async () => {
      for (const one of opened.splice(0)) {
        await one.notifier.stop();
        await one.close();
      }
    });

    function send(one: Facing, notice = aNotice(), signal = new AbortController().signal): Promise<NotifyResult> {
      return one.notifier.send(notice, signal);
    }

    it('sends what the strict server of its vendor takes', async () => {
      const one = await facing('accepts');

      const result = await send(one);

      expect(one.problems()).toEqual([]);
      expect(result).toMatchObject({ type: 'sent', channel: world.channel });
      expect(one.arrived()).toBe(1);
    });

    it('cuts a report that is far too long, so that its vendor takes it still', async () => {
      const one = await facing('accepts');
      const text = '支付网关 "p99" < 210 ms & 😀\n'.repeat(20_000);

      const result = await send(one, aNotice({ text, subject: '故障 '.repeat(500), html: null }));

      expect(one.problems()).toEqual([]);
      expect(result).toMatchObject({ type: 'sent' });
    });

    it('takes a text without lines, without anything, and with half a character', async () => {
      const one = await facing('accepts');

      for (const text of ['', 'x'.repeat(50_000), '😀'.repeat(9_000), '\ud83d lone', '<'.repeat(9_000)])
        expect(await send(one, aNotice({ text, html: null, link: null }))).toMatchObject({ type: 'sent' });

      expect(one.problems()).toEqual([]);
    });

    it('is to be tried again when nobody listens', async () => {
      const result = await send(await facing('is_gone'));

      expect(result).toMatchObject({ type: 'failed', channel: world.channel, retryable: true });
      expect(result).toHaveProperty('reason', expect.stringMatching(/refused/));
    });

    it('is to be tried again when the other side is broken', async () => {
      expect(await send(await facing('broken'))).toMatchObject({ type: 'failed', retryable: true });
    });

    it('tells how long a busy server wants to be left alone', async () => {
      const result = await send(await facing('busy'));

      expect(result).toMatchObject({ type: 'failed', retryable: true });
      if (world.busy_for_ms !== null) expect(result).toHaveProperty('retry_after_ms', world.busy_for_ms);
    });

    it('is to be tried again when the connection is cut', async () => {
      expect(await send(await facing('cuts'))).toMatchObject({ type: 'failed', retryable: true });
    });

    it.runIf(world.knows_nonsense)('does not take an answer for a success that is not one', async () => {
      expect(await send(await facing('talks_nonsense'))).toMatchObject({ type: 'failed', retryable: true });
    });

    it('gives up at its time limit, and says so', async () => {
      const result = await send(await facing('is_silent', SHORT));

      expect(result).toMatchObject({ type: 'failed', retryable: true });
      expect(result).toHaveProperty('reason', expect.stringContaining('no answer within 300 ms'));
    });

    it('ends at once when it is told to', async () => {
      const one = await facing('is_silent');
      const controller = new AbortController();
      const sending = send(one, aNotice(), controller.signal);
      await until('the message to arrive', () => one.arrived() > 0);

      controller.abort();

      expect(await sending).toMatchObject({ type: 'failed', retryable: true });
    });

    it('sends nothing when it was told to end before it began', async () => {
      const one = await facing('accepts');

      expect(await send(one, aNotice(), AbortSignal.abort())).toMatchObject({ type: 'failed', retryable: true });
      expect(one.arrived()).toBe(0);
    });

    it('never shows a secret, whatever the other side repeats', async () => {
      for (const behaviour of ['accepts', 'broken', 'busy', 'cuts', 'talks_nonsense', 'is_gone'] as const) {
        const one = await facing(behaviour);

        const shown = JSON.stringify([await send(one), await one.notifier.check(new AbortController().signal)]);

        expect(one.secrets.length).toBeGreaterThan(0);
        for (const secret of one.secrets) expect(shown, `${behaviour} shows ${secret}`).not.toContain(secret);
      }
    });

    it('checks its connection without sending a message', async () => {
      const here = await facing('accepts');
      const gone = await facing('is_gone');

      expect(await here.notifier.check(new AbortController().signal)).toMatchObject({
        name: `notifiers.${world.channel}`,
        ok: true,
      });
      expect(here.arrived()).toBe(0);
      expect(await gone.notifier.check(new AbortController().signal)).toMatchObject({ ok: false });
    });

    it('may be stopped twice, and before it ever sent', async () => {
      const one = await facing('accepts');

      await one.notifier.stop();
      await one.notifier.stop();

      expect(one.arrived()).toBe(0);
    });
  });
}
