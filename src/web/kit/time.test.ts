import { afterEach, describe, expect, it, vi } from 'vitest';
import { common as en } from '../words/en/common.js';
import { common as zh } from '../words/zh/common.js';
import { clockText, clockTimeText, exactText, hourText, relativeText, spanText } from './time.js';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');

afterEach(() => vi.unstubAllEnvs());

describe('time for people', () => {
  it.each([
    [0, '0 ms'],
    [12.4, '12 ms'],
    [999, '999 ms'],
    [1_940, '1.9 s'],
    [12_400, '12 s'],
    [59_960, '1 min'],
    [60_000, '1 min'],
    [184_000, '3 min 4 s'],
    [7_800_000, '2 h 10 min'],
    [86_400_000, '1 d'],
    [273_600_000, '3 d 4 h'],
    [-5, '0 ms'],
  ])('tells a span of %d ms', (ms, text) => {
    expect(spanText(ms, en.time)).toBe(text);
  });

  it.each([
    [0, 'now', '刚刚'],
    [-1_500, 'now', '刚刚'],
    [-5_000, '5 s ago', '5 秒前'],
    [-59_999, '59 s ago', '59 秒前'],
    [-240_000, '4 min ago', '4 分前'],
    [7_300_000, 'in 2 h', '2 小时后'],
    [-47 * 3_600_000, '47 h ago', '47 小时前'],
    [-49 * 3_600_000, '2 d ago', '2 天前'],
  ])('tells what is %d ms away from now, in both languages', (away, english, chinese) => {
    expect(relativeText(NOW + away, NOW, en.time)).toBe(english);
    expect(relativeText(NOW + away, NOW, zh.time)).toBe(chinese);
  });

  it('tells how much of a clock is left, or by how much it is over, in whole seconds', () => {
    expect(clockText(NOW + 252_900, NOW, en.time)).toBe('4 min 12 s left');
    expect(clockText(NOW + 1_500, NOW, en.time)).toBe('1 s left');
    expect(clockText(NOW + 300, NOW, en.time)).toBe('0 s left');
    expect(clockText(NOW - 125_000, NOW, en.time)).toBe('2 min 5 s over');
    expect(clockText(NOW - 400, NOW, en.time)).toBe('0 s over');
  });

  it('tells the exact instant in the zone of the reader, with the zone', () => {
    const at = Date.parse('2026-11-21T18:00:05.123Z');

    expect(exactText(at, 'Asia/Shanghai')).toBe('2026-11-22 02:00:05.123 GMT+8');
    expect(exactText(at, 'Asia/Kolkata')).toBe('2026-11-21 23:30:05.123 GMT+5:30');
    expect(exactText(at, 'UTC')).toMatch(/^2026-11-21 18:00:05\.123 (GMT(\+0)?|UTC)$/);
    expect(hourText(Date.parse('2026-11-21T16:00:00Z'), 'Asia/Shanghai')).toBe('00:00');
  });

  it.each(['UTC', 'Asia/Shanghai', 'Asia/Kathmandu', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Marquesas'])(
    'tells the same without a zone as with the one of the reader, in %s',
    (zone) => {
      vi.stubEnv('TZ', zone);
      for (const text of ['2026-01-02T03:04:05.006Z', '2026-07-31T23:59:59.999Z', '1999-12-31T12:00:00.000Z']) {
        const at = Date.parse(text);

        expect(exactText(at)).toBe(exactText(at, zone).replace(/(?:UTC|GMT\+0)$/, 'GMT'));
        expect(clockTimeText(at, NOW)).toBe(clockTimeText(at, NOW, zone));
        expect(hourText(at)).toBe(hourText(at, zone));
      }
    },
  );

  it('names the day only where it is not today there', () => {
    const at = Date.parse('2026-11-21T18:00:05Z');

    expect(clockTimeText(at, at + 60_000, 'Asia/Shanghai')).toBe('02:00:05');
    expect(clockTimeText(at, at + 86_400_000, 'Asia/Shanghai')).toBe('2026-11-22 02:00:05');
  });
});
