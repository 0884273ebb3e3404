import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// The benchmark is plain JavaScript: its parts have no types, so they are loaded by name.
const load = async (name: string): Promise<any> => import(join(import.meta.dirname, name));
const { median, percentile, resultOf, rounded } = await load('session.mjs');
const { passOf } = await load('pass.mjs');
const { CpuSum, cpuSeconds, cpuSecondsOf } = await load('proc.mjs');

function aSession(pairs: readonly (readonly [subject: number, reference: number])[], valid = true) {
  return { counted: pairs.map(([subject, reference]) => ({ subject, reference })), valid };
}

function aResult(session: ReturnType<typeof aSession>) {
  return resultOf({
    name: 'P0',
    title: 'one / other',
    unit: 'things',
    session,
    subject: (round: { subject: number }) => round.subject,
    reference: (round: { reference: number }) => round.reference,
  });
}

describe('a result', () => {
  it('is the median of the ratios of its rounds, not the ratio of the medians', () => {
    const result = aResult(
      aSession([
        [10, 10],
        [20, 5],
        [30, 15],
      ]),
    );

    expect(result).toEqual({
      name: 'P0',
      title: 'one / other',
      subject: 20,
      reference: 10,
      unit: 'things',
      ratio: 2,
      min: 1,
      max: 4,
      rounds: 3,
      valid: true,
    });
  });

  it('says so when its session was not valid', () => {
    expect(aResult(aSession([[1, 2]], false)).valid).toBe(false);
  });

  it('takes the middle of two for the median, and leaves the order of what it is given alone', () => {
    const values = [9, 1, 5, 3];

    expect(median(values)).toBe(4);
    expect(median([7, 1, 5])).toBe(5);
    expect(values).toEqual([9, 1, 5, 3]);
  });

  it('has percentiles that are values which were measured', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);

    expect(percentile(values, 0.5)).toBe(51);
    expect(percentile(values, 0.99)).toBe(100);
    expect(percentile([4], 0.99)).toBe(4);
  });

  it('is rounded to four digits, whatever its size', () => {
    expect([0.000123456, 1.23456, 12345.6].map(rounded)).toEqual([0.0001235, 1.235, 12350]);
  });
});

describe('whether a goal is reached', () => {
  it.each([
    [{ name: 'P1', ratio: 1, subject: 9_000 }, 'yes (≥ 1)'],
    [{ name: 'P1', ratio: 0.999, subject: 9_000 }, 'NO (≥ 1)'],
    [{ name: 'P3', ratio: 2.001, subject: 1 }, 'NO (≤ 2)'],
    [{ name: 'P4b', ratio: 0.6, subject: 1 }, 'yes (≤ 0.6)'],
    [{ name: 'P12', ratio: 0.75, subject: 1.5 }, 'yes (≤ 2 s)'],
    [{ name: 'P12', ratio: 1.05, subject: 2.1 }, 'NO (≤ 2 s)'],
    [{ name: 'P13', ratio: 0.8, subject: 0.4 }, 'yes (≤ 0.5 %)'],
    [{ name: 'P13', ratio: 1.2, subject: 0.6 }, 'NO (≤ 0.5 %)'],
    [{ name: 'P1-soak', ratio: 0.1, subject: 1 }, ''],
  ])('of %j is %j', (result, told) => {
    expect(passOf(result)).toBe(told);
  });
});

describe('the CPU of a process', () => {
  it('is its own user and system time, whatever it is called', () => {
    const stat = '4711 (a) R 1 (b) S 1 4711 4711 0 -1 4194304 98 0 0 0 250 50 900 900 20 0 1 0 2444183 3133440 395';

    expect(cpuSecondsOf(stat, 100)).toBe(3);
    expect(() => cpuSecondsOf('4711 (a) R', 100)).toThrow('/proc/PID/stat');
  });

  it('is what the kernel says of a process that is there, and nothing of one that is not', () => {
    const { user, system } = process.cpuUsage();
    const limit = (user + system) / 1e6 + 60;

    expect(cpuSeconds(process.pid)).toBeGreaterThan(0);
    expect(cpuSeconds(process.pid)).toBeLessThan(limit);
    expect(cpuSeconds(2 ** 30)).toBeNull();
  });

  it('adds up over processes that come and go', () => {
    const sum = new CpuSum();

    sum.look([
      [1, 10],
      [2, 5],
    ]);
    sum.look([
      [1, 11],
      [3, 0.5],
    ]);
    sum.look([[3, 2]]);

    // One from 10 to 11; two was never seen again; three has done all of its two seconds since.
    expect(sum.seconds).toBe(3);
  });

  it('is none before anything was looked at twice', () => {
    const sum = new CpuSum();
    expect(sum.seconds).toBe(0);

    sum.look([[1, 10]]);

    expect(sum.seconds).toBe(0);
  });
});
