import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertUnit, parseQuantity } from './quantity.js';

describe('parseQuantity', () => {
  it.each([
    ['12.35 %', 12.35, '%'],
    ['12.35%', 12.35, '%'],
    ['95％', 95, '%'],
    ['−5 ms', -5, 'ms'],
    ['1.2 K', 1200, null],
    ['1.2k', 1200, null],
    ['3M', 3_000_000, null],
    ['2Gi', 2 * 1024 ** 3, null],
    ['500ms', 500, 'ms'],
    ['1.5GiB', 1.5, 'GiB'],
    ['1.2 KB', 1.2, 'KB'],
    ['12,345', 12_345, null],
    ['1,234,567.5 req/s', 1_234_567.5, 'req/s'],
    ['1e3', 1000, null],
    ['9.7e-05', 0.000097, null],
    ['1.5E+2 ms', 150, 'ms'],
    ['-3.5', -3.5, null],
    ['+7', 7, null],
    ['.5', 0.5, null],
    ['5.', 5, null],
    ['  42  ', 42, null],
    ['21 °C', 21, '°C'],
    ['250 µs', 250, 'µs'],
    ['5m', 5, 'm'],
    ['0', 0, null],
    ['1h 5m 3s', 3_903, 's'],
    ['2d12h', 216_000, 's'],
    ['12 次', 12, '次'],
  ])('reads %s', (text, value, unit) => {
    expect(parseQuantity(text)).toEqual({ value, unit });
  });

  it.each([
    [''],
    [' '],
    ['abc'],
    ['NaN'],
    ['Infinity'],
    ['+Inf'],
    ['1e999'],
    ['0x1F'],
    ['10.0.0.1'],
    ['1.2.3'],
    ['2026-11-21'],
    ['12:30'],
    ['3 of 5'],
    ['5 / 10'],
    ['1,23'],
    ['1,2345'],
    ['12 % of all'],
    ['up'],
    ['v1.2'],
    ['--5'],
    ['1 2'],
    ['9'.repeat(500)],
  ])('finds no number in %j', (text) => {
    expect(parseQuantity(text)).toBeNull();
  });

  it('reads back every number that JavaScript prints', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseQuantity(String(value))?.value).toBe(Number(String(value)));
      }),
    );
  });

  it('never throws and answers only finite numbers', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
        const quantity = parseQuantity(text);
        expect(quantity === null || Number.isFinite(quantity.value)).toBe(true);
      }),
    );
  });
});

describe('convertUnit', () => {
  it.each([
    [0.3, 's', 'ms', 300],
    [500, 'ms', 's', 0.5],
    [1240, '毫秒', 's', 1.24],
    [90, 's', 'm', 1.5],
    [2, 'h', 'min', 120],
    [1, 'd', 'hours', 24],
    [1500, 'us', 'ms', 1.5],
    [3, 'µs', 'ns', 3000],
    [1, 'KB', 'B', 1000],
    [1, 'KiB', 'B', 1024],
    [1, 'GiB', 'MiB', 1024],
    [1, 'kB', 'bytes', 1000],
    [1, 'MB', 'Mb', 8],
    [100, 'Mbps', 'MB/s', 12.5],
    [0.12, 'ratio', '%', 12],
    [12, '%', 'ratio', 0.12],
    [5, 'percent', '%', 5],
    [7, 'orders', 'orders', 7],
    [1, 'SECONDS', 'ms', 1000],
  ])('%d %s in %s', (value, from, to, expected) => {
    expect(convertUnit(value, from, to)).toBe(expected);
  });

  it.each([
    ['s', '%'],
    ['ms', 'MB'],
    ['orders', 's'],
    ['B', 'Bps'],
    ['__proto__', 's'],
    ['M', 'm'],
  ])('knows no way from %s to %s', (from, to) => {
    expect(convertUnit(1, from, to)).toBeNull();
  });

  it('comes back to where it began', () => {
    const units = fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h', 'd');
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), units, units, (value, from, to) => {
        const there = convertUnit(value, from, to) ?? Number.NaN;
        expect(convertUnit(there, to, from)).toBeCloseTo(value, 6);
      }),
    );
  });
});
