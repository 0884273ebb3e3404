import { describe, expect, it } from 'vitest';
import type { Storm, StormSummary } from '../domain/decision/storm.js';
import { stormNotice } from './storm-notice.js';
import { unmatchedNotice } from './unmatched-notice.js';

const LIMIT = { starts_per_minute: 30, alerts_per_minute: 0 };
const SINCE = '2026-11-21T10:00:00.000Z';

function aStorm(over: Partial<Storm>): Storm {
  return {
    scope: '',
    level: 1,
    since: SINCE,
    changed_at: SINCE,
    calm_since: null,
    calm_level: 0,
    rates: { alerts: 900, starts: 41 },
    peak: 1,
    ...over,
  };
}

const SUMMARY: StormSummary = {
  alerts: 9_000,
  held: 8_000,
  runs: 60,
  shares: Array.from({ length: 12 }, (_, n) => ({
    service_name: n === 0 ? null : `s${n}`,
    alert_name: `A${n}\u202e`,
    alerts: 100 - n,
    held: n === 1 ? 7 : 0,
  })),
};

describe('what people are told of a storm', () => {
  it('says what it means for runs, with the figure that is over its limit only', () => {
    const notice = stormNotice({ storm: aStorm({}), before: 0, limit: LIMIT, summary: null }, 'en');
    expect(notice).toEqual({
      subject: 'Alert storm: writes of new runs need approval',
      text: '41 runs were to start within a minute (limit 30)\nNew runs read and report; what they write needs an approval.\n',
      severity: 'warning',
    });
  });

  it('names the service, and is critical when nothing starts any more', () => {
    const storm = aStorm({ scope: 'pay', level: 2 });
    expect(stormNotice({ storm, before: 1, limit: LIMIT, summary: null }, 'en')).toMatchObject({
      subject: 'Alert storm at pay: no new runs start',
      severity: 'critical',
    });
  });

  it('sums up what it brought when it is over, in bounded lines of plain text', () => {
    const { subject, text, severity } = stormNotice(
      { storm: aStorm({ level: 0 }), before: 2, limit: LIMIT, summary: SUMMARY },
      'en',
    );
    expect([subject, severity]).toEqual(['Alert storm is over', 'info']);
    expect(text).toContain(`Since ${SINCE}: 9000 alerts, 60 runs started, 8000 alerts held.`);
    expect(text).toContain('- 100 × A0\n- 99 × A1 at s1 (7 held)\n');
    expect(text.trimEnd().split('\n').at(-1)).toBe('- 2 more kinds');
  });

  it('speaks the configured language', () => {
    const notice = stormNotice({ storm: aStorm({ level: 2 }), before: 0, limit: LIMIT, summary: null }, 'zh');
    expect(notice.subject).toBe('告警风暴:不再启动新的运行');
  });
});

describe('what people are told of alerts that no rule takes', () => {
  const kind = {
    alert_name: 'Disk\nFull',
    service_name: 'db',
    severity: 'critical',
    count: 1,
    description: 'it is full',
    alert_id: '01A',
  };

  it('names a single alert, and where to ask why', () => {
    const notice = unmatchedNotice({ count: 1, kinds: 1, first: [kind], since: SINCE }, 'en');
    expect(notice.subject).toBe('No rule takes the alert Disk Full at db');
    expect(notice.text).toContain('- Disk Full at db [critical]: it is full (01A)');
    expect(notice.text).toContain('fixpoint explain');
    expect(notice.severity).toBe('critical');
  });

  it('counts many, by their kinds', () => {
    const first = [{ ...kind, count: 40, severity: 'warning' }];
    const notice = unmatchedNotice({ count: 50, kinds: 4, first, since: SINCE }, 'en');
    expect(notice.subject).toBe('No rule takes 50 alerts');
    expect(notice.text).toContain('- 40 × Disk Full at db');
    expect(notice.text).toContain('- 3 more kinds');
    expect(notice.severity).toBe('warning');
  });
});
