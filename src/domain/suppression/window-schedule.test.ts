import { describe, expect, it } from 'vitest';
import { TimeInterval } from './time-interval.js';
import { compileSchedule } from './window-schedule.js';

const at = (text: string): number => Date.parse(text);
const text = (ms: number | null | undefined): string | null =>
  typeof ms === 'number' ? new Date(ms).toISOString() : null;

/** The spans of a schedule from an instant on, as texts. */
function spans(shape: Parameters<typeof compileSchedule>[0], from: string, count = 3): (string | null)[][] {
  return compileSchedule(shape)
    .next(at(from), count)
    .map(({ starts_at, ends_at }) => [text(starts_at), text(ends_at)]);
}

function intervals(written: unknown[], outside = false) {
  const time_intervals = written.map((interval) => TimeInterval.parse(interval));
  return { type: 'time_intervals', time_intervals, outside } as const;
}

describe('a window by cron', () => {
  const nightly = (timezone: string, cron = '30 2 * * *', duration = '1h') =>
    ({ type: 'cron', cron, duration, timezone }) as const;

  it('begins by the clocks of its zone, before and after they are set', () => {
    expect(spans(nightly('Europe/Berlin', '0 22 * * 5', '4h'), '2026-10-22T00:00:00Z', 2)).toEqual([
      ['2026-10-23T20:00:00.000Z', '2026-10-24T00:00:00.000Z'],
      ['2026-10-30T21:00:00.000Z', '2026-10-31T01:00:00.000Z'],
    ]);
  });

  it('takes place once where its hour is left out, and once where it comes twice', () => {
    expect(spans(nightly('Europe/Berlin'), '2026-03-28T12:00:00Z', 2)).toEqual([
      ['2026-03-29T01:00:00.000Z', '2026-03-29T02:00:00.000Z'],
      ['2026-03-30T00:30:00.000Z', '2026-03-30T01:30:00.000Z'],
    ]);
    expect(spans(nightly('Europe/Berlin'), '2026-10-24T12:00:00Z', 2)).toEqual([
      ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z'],
      ['2026-10-26T01:30:00.000Z', '2026-10-26T02:30:00.000Z'],
    ]);
  });

  it('is in force from its first millisecond to its last', () => {
    const schedule = compileSchedule(nightly('UTC'));
    expect(schedule.at(at('2026-11-21T02:29:59.999Z'))).toBeNull();
    expect(schedule.at(at('2026-11-21T02:30:00.000Z'))).toEqual({
      starts_at: at('2026-11-21T02:30:00Z'),
      ends_at: at('2026-11-21T03:30:00Z'),
    });
    expect(schedule.at(at('2026-11-21T03:29:59.999Z'))).not.toBeNull();
    expect(schedule.at(at('2026-11-21T03:30:00.000Z'))).toBeNull();
    // A clock that is set back asks about what is over.
    expect(schedule.at(at('2026-11-20T02:45:00.000Z'))).not.toBeNull();
  });

  it('is one stretch where one window follows on another', () => {
    const [first] = compileSchedule(nightly('UTC', '0 * * * *', '2h')).next(at('2026-11-21T10:30:00Z'), 1);
    expect((first?.ends_at ?? 0) - at('2026-11-21T10:30:00Z')).toBeGreaterThan(24 * 3_600_000);
  });

  it('never begins where no day fits', () => {
    const schedule = compileSchedule(nightly('UTC', '0 0 30 2 *'));
    expect(schedule.at(at('2026-03-02T00:10:00Z'))).toBeNull();
    expect(schedule.next(at('2026-01-01T00:00:00Z'), 3)).toEqual([]);
  });
});

describe('a window by time intervals', () => {
  it('is where weekday, time and zone say so', () => {
    const business = intervals([
      {
        weekdays: ['monday:friday'],
        times: [{ start_time: '09:00', end_time: '17:00' }],
        location: 'America/New_York',
      },
    ]);
    expect(spans(business, '2026-03-06T23:00:00Z', 2)).toEqual([
      // The clocks are set on Sunday the 8th.
      ['2026-03-09T13:00:00.000Z', '2026-03-09T21:00:00.000Z'],
      ['2026-03-10T13:00:00.000Z', '2026-03-10T21:00:00.000Z'],
    ]);
  });

  it('follows the wall clock through the hours in which it is set', () => {
    const night = intervals([{ times: [{ start_time: '01:30', end_time: '02:30' }], location: 'Europe/Berlin' }]);
    // 02:00 is followed by 03:00: only the first half hour is there.
    expect(spans(night, '2026-03-28T12:00:00Z', 1)).toEqual([['2026-03-29T00:30:00.000Z', '2026-03-29T01:00:00.000Z']]);
    // 02:00 to 03:00 comes twice, so 02:00 to 02:30 does too.
    expect(spans(night, '2026-10-24T12:00:00Z', 2)).toEqual([
      ['2026-10-24T23:30:00.000Z', '2026-10-25T00:30:00.000Z'],
      ['2026-10-25T01:00:00.000Z', '2026-10-25T01:30:00.000Z'],
    ]);
  });

  it('joins what goes on over midnight, and several intervals', () => {
    const nights = intervals([
      { times: [{ start_time: '22:00', end_time: '24:00' }] },
      { times: [{ start_time: '00:00', end_time: '06:00' }] },
    ]);
    expect(spans(nights, '2026-11-21T12:00:00Z', 1)).toEqual([
      ['2026-11-21T22:00:00.000Z', '2026-11-22T06:00:00.000Z'],
    ]);
  });

  it('counts days from the end of the month, whatever its length', () => {
    const last = intervals([{ days_of_month: ['-1'] }]);
    expect(spans(last, '2026-02-01T00:00:00Z', 2)).toEqual([
      ['2026-02-28T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
      ['2026-03-31T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
    ]);
    expect(spans(intervals([{ days_of_month: ['31'] }]), '2026-02-01T00:00:00Z', 1)).toEqual([
      ['2026-03-31T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
    ]);
  });

  it('takes months by name and number, and years', () => {
    const written = [{ months: ['december', '1'], years: [2027] }];
    expect(spans(intervals(written), '2026-11-01T00:00:00Z', 2)).toEqual([
      ['2027-01-01T00:00:00.000Z', '2027-02-01T00:00:00.000Z'],
      ['2027-12-01T00:00:00.000Z', '2028-01-01T00:00:00.000Z'],
    ]);
  });

  it('is outside of them where it says so', () => {
    const weekend = intervals([{ weekdays: ['monday:friday'] }], true);
    expect(spans(weekend, '2026-11-18T12:00:00Z', 1)).toEqual([
      ['2026-11-21T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ]);
  });

  it('has no end to be seen where it is always', () => {
    const always = compileSchedule(intervals([{}]));
    expect(always.at(at('2026-11-21T10:00:00Z'))?.ends_at).toBeNull();
    expect(compileSchedule(intervals([{ years: ['1999'] }])).next(at('2026-11-21T10:00:00Z'), 1)).toEqual([]);
  });
});

describe('a time interval', () => {
  it.each([
    [{ weekdays: ['friday:monday'] }, 'weekdays.0'],
    [{ weekdays: ['noday'] }, 'weekdays.0'],
    [{ days_of_month: ['0'] }, 'days_of_month.0'],
    [{ days_of_month: ['32'] }, 'days_of_month.0'],
    [{ days_of_month: ['-1:5'] }, 'days_of_month.0'],
    [{ days_of_month: ['5:3'] }, 'days_of_month.0'],
    [{ months: ['13'] }, 'months.0'],
    [{ months: ['march:january'] }, 'months.0'],
    [{ times: [{ start_time: '22:00', end_time: '06:00' }] }, 'times.0.end_time'],
    [{ times: [{ start_time: '9:00', end_time: '24:01' }] }, 'times.0.start_time'],
    [{ location: 'Mars/Base' }, 'location'],
    [{ month: ['1'] }, ''],
  ])('refuses %j by its place', (written, path) => {
    const parsed = TimeInterval.safeParse(written);
    expect(parsed.error?.issues[0]?.path.join('.')).toBe(path);
  });

  it('takes a range up to the last day', () => {
    expect(TimeInterval.safeParse({ days_of_month: ['1:-1', '-3:-1', '31'] }).success).toBe(true);
  });
});
