import { describe, expect, it } from 'vitest';
import { aStory, begun, failed, RUN_ID, theDemoRun } from '../../test/helper/a-reported-run.js';
import type { Story } from '../../test/helper/a-reported-run.js';
import type { Language, Notice } from '../domain/notifier.js';
import type { OutboxEntry } from '../domain/outbox.js';
import { composeNotice } from './compose.js';

type Composed = Omit<Notice, 'channels'>;

interface Setting {
  readonly story: Story;
  readonly language?: Language;
  readonly publicUrl?: string | null;
}

function compose(over: Partial<OutboxEntry>, setting: Setting): Promise<Composed> {
  const { story, language = 'en', publicUrl = 'https://fixpoint.example/' } = setting;
  const entry: OutboxEntry = {
    outbox_id: `${RUN_ID}:6`,
    run_id: RUN_ID,
    kind: 'report',
    step_id: null,
    message: '',
    attempts: 1,
    created_at: '2026-11-21T10:00:00.000Z',
    sent: [],
    ...over,
  };
  const runView = {
    get: () => Promise.resolve({ ...story.run, deliveries: [] }),
    events: (_run_id: string, after: number) => Promise.resolve(story.events.filter((event) => event.seq > after)),
  };
  return composeNotice(entry, story.run, { runView, language, publicUrl });
}

describe('a notice about a step', () => {
  const story = aStory({}, [begun('check', 'read', { name: '检查' }), failed('check', 'HTTP 500 from the health API')]);
  const entry = { kind: 'escalate', step_id: 'check', message: 'HTTP 500 from the health API' } as const;

  function told(over: Partial<OutboxEntry>, how: Partial<Setting> = {}): Promise<Composed> {
    return compose({ ...entry, ...over }, { story, ...how });
  }

  it('is a few lines with what happened, where, and over which alert', async () => {
    const notice = await told({});

    expect(notice).toMatchObject({
      subject: 'Escalation: 支付网关高延迟故障排查 needs a person: HTTP 500 from the health API',
      severity: 'critical',
      html: null,
      link: `https://fixpoint.example/runs/${RUN_ID}`,
    });
    expect(notice.text).toBe(
      [
        'HTTP 500 from the health API',
        '',
        'Step: 检查 (failed)',
        'Run: 支付网关高延迟故障排查 (running)',
        'Critical alert Service_Latency_Exceeded on payment-gateway at 1240 ms.',
        '',
      ].join('\n'),
    );
  });

  it('says how to answer where somebody has to', async () => {
    const until = '2026-11-21T10:15:00.000Z';
    const approval = {
      approval_id: 'A1',
      message: 'scale?',
      plan: null,
      plan_hash: 'hash',
      approvers: [],
      quorum: 1,
      expires_at: until,
    };
    const asked = aStory({}, [begun('check', 'read'), { type: 'approval_requested', step_id: 'check', approval }]);
    expect((await told({ message: 'scale?' }, { story: asked })).text).toContain(
      `scale?\nYes: fixpoint approve A1\nNo: fixpoint deny A1\nNo answer until ${until} is a no.\n`,
    );
    const message = 'is it?';
    const solved = aStory({}, [
      begun('check', 'read'),
      { type: 'confirmation_requested', step_id: 'check', message, until },
    ]);
    expect((await told({ message }, { story: solved, language: 'zh' })).text).toContain(
      `已解决：fixpoint runs confirm ${RUN_ID} yes --step 'check'`,
    );
    const doubt = aStory({}, [
      begun('check', 'write'),
      { type: 'step_waiting', step_id: 'check', reason: 'in_doubt', message: 'cut', until: null },
    ]);
    expect((await told({ message: 'cut' }, { story: doubt })).text).toContain(
      `It took place: fixpoint runs confirm ${RUN_ID} yes --step 'check'`,
    );
  });

  it('is calmer when it is a notice only, and good news when its step succeeded', async () => {
    expect(await told({ kind: 'notify' })).toMatchObject({ severity: 'warning' });
    const done = await told(
      { kind: 'notify', step_id: 'temporary_scale_payment_gateway', message: '2 → 3 replicas' },
      { story: theDemoRun() },
    );
    expect(done).toMatchObject({ severity: 'info', subject: 'Notice from 支付网关高延迟故障排查: 2 → 3 replicas' });
  });

  it('speaks Chinese where Chinese is configured, and has no link where there is no address', async () => {
    const notice = await told({}, { language: 'zh', publicUrl: null });

    expect(notice.subject).toBe('升级：支付网关高延迟故障排查 需要人工处理：HTTP 500 from the health API');
    expect(notice.link).toBeNull();
  });

  it('of a dry run says first that nothing was changed, and calls nobody out of bed', async () => {
    const dry = aStory({ dry_run: true }, [begun('check', 'read'), failed('check', 'HTTP 500')]);

    const notice = await told({}, { story: dry });

    expect(notice.subject).toMatch(/^Dry run, nothing was changed: /);
    expect(notice.text).toMatch(/^This run changes nothing/);
    expect(notice.severity).toBe('warning');
  });
});

it.each([
  ['not fixed', { outcome: 'not_fixed' as const }, 'critical'],
  ['failed over a critical alert', { state: 'failed' as const }, 'critical'],
  ['cancelled', { state: 'cancelled' as const }, 'warning'],
  ['well', {}, 'info'],
])('gives the report of a run that ended %s the severity that it deserves', async (_how, over, severity) => {
  const { run, events } = theDemoRun();

  const notice = await compose({ kind: 'report' }, { story: { run: { ...run, ...over }, events } });

  expect(notice.severity).toBe(severity);
});
